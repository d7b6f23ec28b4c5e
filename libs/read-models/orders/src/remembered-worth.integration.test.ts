import { mergePositions, partitionKey, type OrderKeys, type Positions } from '@meridian/contracts';
import type { Reader, RecordedEvent } from '@meridian/projection';
import { openTestRows, type TestRows } from '@meridian/read-model-testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRememberedMonths, sumOfOrders } from './index.ts';
import { ordersProjection } from './projection.ts';
import { ordersByCustomer } from './tables.ts';
import { cancelled, keysOf, paid, placed, returnedOne } from './testing/events.ts';
import { ordersVersion2 } from './testing/version-2.ts';

const MONTHS = ['2026-01', '2026-02', '2026-03'];
const ORDERS_PER_MONTH = 60;

const includedIn = (...events: readonly RecordedEvent[]): Positions =>
  mergePositions(
    ...events.map(({ shard, position }) => new Map([[partitionKey('orders', shard), position]])),
  );

/** Counts the reads of a customer's list, and the rows that they gave. */
function counting(reader: Reader) {
  const read = { requests: 0, rows: 0, looks: 0 };
  const select: Reader['select'] = async (table, ...question) => {
    const rows = await reader.select(table, ...question);
    if (table.name === ordersByCustomer.name) {
      read.requests += 1;
      read.rows += rows.length;
    }
    if (table.name === 'order_step') read.looks += 1;
    return rows;
  };
  return {
    reader: { ...reader, select },
    take() {
      const taken = { ...read };
      Object.assign(read, { requests: 0, rows: 0, looks: 0 });
      return taken;
    },
  };
}

/** A customer with orders in three months, whom a query-service is asked about again and again. */
function customerOf(rows: TestRows, customerId: string) {
  const remembered = createRememberedMonths();
  const counted = counting(rows.reader);
  const all: RecordedEvent[] = [];
  const keys: OrderKeys[] = MONTHS.flatMap((month) =>
    Array.from({ length: ORDERS_PER_MONTH }, (_, n) =>
      keysOf(`${customerId}-${month}-${n}`, customerId, new Date(`${month}-05T00:00:00Z`)),
    ),
  );
  const ask = (isWhole = true) =>
    sumOfOrders(counted.reader, customerId, {
      remembered,
      completeness: { upTo: includedIn(...all), isWhole: Promise.resolve(isWhole) },
    });
  return {
    keys,
    ask,
    /** The sum and what it read, which must be what a sum without memory gives. */
    async asked() {
      counted.take();
      const found = await ask();
      const read = counted.take();
      expect(found).toEqual(await sumOfOrders(rows.reader, customerId));
      return { ...found, read };
    },
    async apply(...events: readonly RecordedEvent[]): Promise<void> {
      await rows.apply(...events);
      all.push(...events);
    },
    /** The next position. */
    next: () => BigInt(all.length + 1),
  };
}

const pounds = (amountMinor: bigint) => [{ currencyCode: 'GBP', amountMinor }];
const placedInTurn = (keys: readonly OrderKeys[]) => keys.map((one, n) => placed(one, BigInt(n + 1)));

describe('months that are remembered, with a real Cassandra', () => {
  let rows: TestRows;
  beforeAll(async () => {
    rows = await openTestRows(ordersProjection);
  });
  afterAll(() => rows.close());

  it('cost one row while nothing of them changes, and all their rows when something does', async () => {
    const customer = customerOf(rows, 'c-again');
    await customer.apply(...placedInTurn(customer.keys));
    const [january, february] = [customer.keys[0]!, customer.keys[ORDERS_PER_MONTH]!];
    const first = await customer.asked();
    expect(first).toMatchObject({ ordersPlaced: 180, lifetimeValue: pounds(180_000n) });
    // The current month is asked for, too, and has nothing.
    expect(first.read).toEqual({ requests: 4, rows: 180, looks: 0 });
    expect((await customer.asked()).read).toEqual({ requests: 4, rows: 3, looks: 0 });

    const oneMonth = { requests: 5, rows: 3 + ORDERS_PER_MONTH };
    await customer.apply(cancelled(january, 2n, customer.next()));
    expect(await customer.asked()).toMatchObject({
      ordersPlaced: 179,
      lifetimeValue: pounds(179_000n),
      read: { ...oneMonth, looks: 0 },
    });
    await customer.apply(returnedOne(february, 2n, customer.next()));
    expect(await customer.asked()).toMatchObject({
      lifetimeValue: pounds(178_700n),
      read: { ...oneMonth, looks: 1 },
    });
    expect((await customer.asked()).read).toEqual({ requests: 4, rows: 3, looks: 0 });
    await customer.apply(returnedOne(february, 3n, customer.next()));
    expect(await customer.asked()).toMatchObject({
      lifetimeValue: pounds(178_400n),
      read: { ...oneMonth, looks: 1 },
    });
    const more = keysOf('c-again-more', 'c-again', new Date('2026-03-31T23:00:00Z'));
    await customer.apply(placed(more, customer.next()));
    expect(await customer.asked()).toMatchObject({ ordersPlaced: 180, lifetimeValue: pounds(179_400n) });
    expect((await customer.asked()).read).toEqual({ requests: 4, rows: 3, looks: 0 });
  });

  it('change nothing when their events are applied once more', async () => {
    const customer = customerOf(rows, 'c-replay');
    const events = placedInTurn(customer.keys);
    await customer.apply(...events);
    await customer.asked();
    await rows.apply(...events.slice(30, 130));
    expect((await customer.asked()).read).toEqual({ requests: 4, rows: 3, looks: 0 });
  });

  it('are not made of rows that lack an event, which then comes late and moves nothing', async () => {
    const customer = customerOf(rows, 'c-late');
    const events = placedInTurn(customer.keys);
    // An event that later ones of its partition and month follow.
    const late = events.find(({ shard }, n) => events.slice(n + 1, 60).some((one) => one.shard === shard))!;
    const others = events.filter((event) => event !== late);
    await customer.apply(...others);
    expect(await customer.ask(false)).toMatchObject({ ordersPlaced: 179 });
    await rows.apply(late);
    expect(await customer.asked()).toMatchObject({ ordersPlaced: 180, read: { requests: 4, rows: 180 } });
  });

  it('are not made of events beyond the progress, of which earlier ones may still be on their way', async () => {
    const customer = customerOf(rows, 'c-beyond');
    const events = placedInTurn(customer.keys);
    const late = events.find(({ shard }, n) => events.slice(n + 1, 60).some((one) => one.shard === shard))!;
    await rows.apply(...events.filter((event) => event !== late));
    expect(await customer.ask()).toMatchObject({ ordersPlaced: 179 });
    await customer.apply(late);
    expect(await customer.ask()).toMatchObject({ ordersPlaced: 180 });
  });

  it('give what is added up, whatever happens next', async () => {
    const customer = customerOf(rows, 'c-random');
    await customer.apply(...placedInTurn(customer.keys));
    let seed = 20_261_129;
    const below = (bound: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * bound);
    };
    const versions = new Map<OrderKeys, bigint>();
    let spared = 0;
    for (let n = 0; n < 60; n++) {
      const keys = customer.keys[below(customer.keys.length)]!;
      const version = (versions.get(keys) ?? 1n) + 1n;
      versions.set(keys, version);
      const change = [paid, cancelled, returnedOne][below(3)]!;
      await customer.apply(change(keys, version, customer.next()));
      if (below(3) === 0) continue;
      const { read } = await customer.asked();
      spared += customer.keys.length - read.rows;
    }
    expect(spared).toBeGreaterThan(1_000);
  });
});

describe('a generation of version 2, whose list does not tell which events wrote it', () => {
  let rows: TestRows;
  beforeAll(async () => {
    rows = await openTestRows(ordersVersion2);
  });
  afterAll(() => rows.close());

  it('gives sums that are added up each time', async () => {
    const customer = customerOf(rows, 'c-2');
    await customer.apply(...placedInTurn(customer.keys));
    await customer.asked();
    await customer.apply(cancelled(customer.keys[0]!, 2n, customer.next()));
    for (let n = 0; n < 2; n++) {
      const { ordersPlaced, read } = await customer.asked();
      expect(ordersPlaced).toBe(179);
      expect(read.rows).toBeGreaterThanOrEqual(180);
    }
  });
});
