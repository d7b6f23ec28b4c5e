import { mergePositions, partitionKey, type PartitionKey, type Positions } from '@meridian/contracts';
import type { RecordedEvent } from '@meridian/projection';
import { given } from '@meridian/projection/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumOfOrders } from './customer-worth.ts';
import { ordersProjection } from './projection.ts';
import { createRememberedMonths } from './remembered-months.ts';
import { cancelled, keysOf, paid, placed, returnedOne } from './testing/events.ts';
import { givenReader } from './testing/given-reader.ts';

const CUSTOMER = 'c-1';
/** Orders of two months. Several of them share a Kafka partition, and others do not. */
const ORDERS = Array.from({ length: 9 }, (_, n) =>
  keysOf(`order-${n}`, CUSTOMER, new Date(Date.UTC(2026, n % 2, 3 + n))),
);
const CHANGES = { paid, cancelled, returned: returnedOne };

const keyOf = ({ shard }: RecordedEvent): PartitionKey => partitionKey('orders', shard);

/** What happened to the orders, by rising position. What happens first to an order is that it is placed. */
function journalOf(
  changes: readonly { readonly order: number; readonly what: keyof typeof CHANGES }[],
): readonly RecordedEvent[] {
  const versions = new Map<number, bigint>();
  return changes.map(({ order, what }, index) => {
    const version = (versions.get(order) ?? 0n) + 1n;
    versions.set(order, version);
    const position = BigInt(10 + index);
    const keys = ORDERS[order]!;
    return version === 1n ? placed(keys, position) : CHANGES[what](keys, version, position);
  });
}

/** Rows of one region. Events are applied in any order: batches overlap, and a region that was away lacks some. */
function createRegion(journal: readonly RecordedEvent[]) {
  const rows = given(ordersProjection);
  const applied = new Set<RecordedEvent>();
  return {
    ...givenReader(rows),
    lacks: () => journal.filter((event) => !applied.has(event)),
    apply(event: RecordedEvent): void {
      rows.and(event);
      applied.add(event);
    },
    /** All before the first event of each partition that is not settled: applied, parked or discarded. */
    progress(isSettled: (event: RecordedEvent) => boolean): Positions {
      const positions = new Map<PartitionKey, bigint>();
      const ended = new Set<PartitionKey>();
      for (const event of journal) {
        const key = keyOf(event);
        if (!applied.has(event) && !isSettled(event)) ended.add(key);
        if (!ended.has(key)) positions.set(key, event.position);
      }
      return positions;
    },
  };
}

/** Two regions whose query-services share what they remember, as one does that falls back to another region. */
function createSystem(journal: readonly RecordedEvent[]) {
  const regions = [createRegion(journal), createRegion(journal)];
  const parked = new Set<RecordedEvent>();
  const discarded = new Set<RecordedEvent>();
  const isSettled = (event: RecordedEvent) => parked.has(event) || discarded.has(event);
  const remembered = createRememberedMonths({ leastCost: 1 });
  const spared = { asks: 0 };

  async function ask(which: number): Promise<void> {
    const { reader, listed, progress } = regions[which % 2]!;
    const upTo = progress(isSettled);
    const isPassed = (event: RecordedEvent) => event.position <= (upTo.get(keyOf(event)) ?? 0n);
    const isWhole = Promise.resolve(![...parked].some(isPassed));
    const [before, fresh] = [listed(), await sumOfOrders(reader, CUSTOMER)];
    const between = listed();
    const found = await sumOfOrders(reader, CUSTOMER, { remembered, completeness: { upTo, isWhole } });
    if (listed() - between < between - before) spared.asks += 1;
    // An answer's token names what was applied, and what the answer includes beyond.
    const told = ({ includes, ...sums }: typeof found) => ({
      ...sums,
      token: mergePositions(upTo, includes),
    });
    expect(told(found)).toEqual(told(fresh));
  }

  const step = {
    apply(which: number, nth: number): void {
      const region = regions[which % 2]!;
      const pending = region.lacks().filter((event) => !isSettled(event));
      const event = pending[nth % Math.max(1, Math.min(4, pending.length))];
      if (event) region.apply(event);
    },
    /** An event that no region has applied is parked, or of a type that is not known yet. */
    park(_which: number, nth: number): void {
      const [one, other] = regions;
      const pending = one!.lacks().filter((event) => other!.lacks().includes(event) && !isSettled(event));
      const event = pending[nth % Math.max(1, pending.length)];
      if (event) parked.add(event);
    },
    /** What was parked is applied late, in all regions, and then parked no more. */
    applyLate(): void {
      const [event] = parked;
      if (!event) return;
      for (const region of regions) region.apply(event);
      parked.delete(event);
    },
    discard(): void {
      for (const event of parked) {
        parked.delete(event);
        discarded.add(event);
      }
    },
    ask,
  };
  return { step, spared };
}

const change = fc.record({
  order: fc.nat({ max: ORDERS.length - 1 }),
  what: fc.constantFrom('paid', 'returned', 'cancelled'),
});
const step = fc.record({
  what: fc.oneof(
    { arbitrary: fc.constant('apply' as const), weight: 6 },
    { arbitrary: fc.constant('ask' as const), weight: 4 },
    { arbitrary: fc.constant('applyLate' as const), weight: 1 },
    { arbitrary: fc.constant('park' as const), weight: 1 },
    { arbitrary: fc.constant('discard' as const), weight: 1 },
  ),
  which: fc.nat({ max: 1 }),
  nth: fc.nat({ max: 50 }),
});

describe('a sum with remembered months', () => {
  it('is what is added up without, whatever came in whatever order, in either of two regions', async () => {
    let spared = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 10, maxLength: 30 }),
        fc.array(step, { minLength: 20, maxLength: 120 }),
        async (changes, steps) => {
          const system = createSystem(journalOf(changes));
          for (const { what, which, nth } of steps) await system.step[what](which, nth);
          for (const which of [0, 1, 0, 1]) await system.step.ask(which);
          spared += system.spared.asks;
        },
      ),
      { numRuns: 300, includeErrorInReport: true },
    );
    // Were nothing remembered, all answers would be right as well.
    expect(spared).toBeGreaterThan(200);
  });
});
