import { toRecordedEvent, type RecordedEvent } from '@meridian/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold as foldProjected, projected } from './fold.ts';
import type { Projection } from './projection.ts';
import { LastWriteWins } from './testing/last-write-wins.ts';
import { expectedShared, latest, pair, projectShared } from './testing/shared-rows.ts';
import { stockProjection, tellStock } from './testing/stock-projection.ts';

const fold = (events: readonly RecordedEvent[], projection: Pick<Projection, 'project'> = stockProjection) =>
  foldProjected(events.map((event) => projected(projection, event)));

const someEvents = fc
  .array(fc.record({ productId: fc.constantFrom('a', 'b', 'c'), delta: fc.bigInt({ min: -6n, max: 6n }) }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((changes) => tellStock(changes).flatMap((envelope) => toRecordedEvent(envelope) ?? []));

/** What a reader must see in the end: every event by itself, in order. */
function oneByOne(events: readonly RecordedEvent[]) {
  const store = new LastWriteWins();
  for (const event of events) store.apply(fold([event]).rows);
  return store.visible();
}

/** Ranges as a consumer may get them: together they cover everything; they may overlap, repeat and come in any order. */
const someRanges = (length: number) =>
  fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: length }), { maxLength: 6 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: length }), fc.integer({ min: 0, max: length })), {
        maxLength: 6,
      }),
    )
    .chain(([cuts, extra]) => {
      const bounds = [0, ...cuts, length].sort((a, b) => a - b);
      const cover = bounds.slice(1).map((end, index): [number, number] => [bounds[index] ?? 0, end]);
      const ranges = [...cover, ...extra.map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)])];
      return fc.shuffledSubarray(ranges, { minLength: ranges.length });
    });

const eventsAndRanges = someEvents.chain((events) =>
  someRanges(events.length).map((ranges) => ({ events, ranges })),
);

/**
 * Batches as they may come when aggregates are parked on the way. From some event on, the events of a parked aggregate
 * stay out of their batches. They come later in a batch of their own, with or without earlier events of the aggregate
 * that were applied before.
 */
const batchesWithParked = (events: readonly RecordedEvent[]) =>
  someRanges(events.length).chain((ranges) =>
    fc
      .array(fc.constantFrom('a', 'b', 'c', undefined), {
        minLength: ranges.length,
        maxLength: ranges.length,
      })
      .chain((parked) =>
        fc.tuple(
          ...ranges.map(([start, end], index) =>
            fc.integer({ min: start, max: end }).map((from) => {
              const isParked = (event: RecordedEvent, at: number) =>
                event.aggregateId === parked[index] && at >= from - start;
              const batch = events.slice(start, end);
              const [rest, late] = [false, true].map((wanted) =>
                batch.filter((event, at) => isParked(event, at) === wanted),
              );
              return [rest ?? [], late ?? []];
            }),
          ),
        ),
      )
      .chain((pairs) => {
        const batches = pairs.flat();
        return fc.shuffledSubarray(batches, { minLength: batches.length });
      }),
  );

const eventsAndBatches = someEvents.chain((events) =>
  batchesWithParked(events).map((batches) => ({ events, batches })),
);

/** What a reader sees of one table in the end. */
function visibleOf(table: string, batches: readonly (readonly RecordedEvent[])[]) {
  const store = new LastWriteWins();
  for (const batch of batches) store.apply(fold(batch, { project: projectShared }).rows);
  return only(table, store.visible());
}
const only = (table: string, cells: ReadonlyMap<string, unknown>) =>
  Object.fromEntries([...cells].filter(([cell]) => cell.startsWith(`${table}|`)));

describe('fold', () => {
  it('converges: batches, overlapping, repeated, in any order, end where the events one by one do', () => {
    fc.assert(
      fc.property(eventsAndRanges, ({ events, ranges }) => {
        const store = new LastWriteWins();
        for (const [start, end] of ranges) store.apply(fold(events.slice(start, end)).rows);
        expect(store.visible()).toEqual(oneByOne(events));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the cells of two aggregates in one row apart, also when one is parked and comes later', () => {
    fc.assert(
      fc.property(eventsAndBatches, ({ events, batches }) => {
        expect(visibleOf(pair.name, batches)).toEqual(only(pair.name, expectedShared(events)));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves a row that one event takes away and writes anew, with nothing of before', () => {
    fc.assert(
      fc.property(eventsAndRanges, ({ events, ranges }) => {
        const batches = ranges.map(([start, end]) => events.slice(start, end));
        expect(visibleOf(latest.name, batches)).toEqual(only(latest.name, expectedShared(events)));
      }),
      { numRuns: 500 },
    );
  });

  it('has at most one delete and one write per row and aggregate, whatever the batch', () => {
    fc.assert(
      fc.property(someEvents, (events) => {
        const { rows } = fold(events);
        const rowsOfLevels = rows.filter(({ table }) => table.name === 'test_level');
        const products = new Set(events.map(({ aggregateId }) => aggregateId));
        expect(rowsOfLevels).toHaveLength(products.size);
      }),
    );
  });

  it('writes above the delete of the same event and under that of the next', () => {
    const events = tellStock([
      { productId: 'a', delta: 5n },
      { productId: 'a', delta: -5n },
      { productId: 'a', delta: 2n },
    ]).flatMap((envelope) => toRecordedEvent(envelope) ?? []);
    const [level] = fold(events).rows.filter(({ table }) => table.name === 'test_level');
    expect(level).toMatchObject({ removedAt: 4n, writtenAt: 7n, cells: { on_hand: 2n, version: 3n } });
    expect(level?.cells).not.toHaveProperty('last_reason');
  });

  it('keeps contributions to totals apart, in order, and folds none of them', () => {
    const events = tellStock([
      { productId: 'a', delta: 5n },
      { productId: 'b', delta: 7n },
    ]).flatMap((envelope) => toRecordedEvent(envelope) ?? []);
    expect(fold(events).contributions).toMatchObject([
      { position: 1n, addends: { received: 5n, events: 1n }, labels: { last_product: 'a' } },
      { position: 2n, addends: { received: 7n, events: 1n }, labels: { last_product: 'b' } },
    ]);
  });
});
