import { contextOfAggregate, type AggregateType } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fenceJournal } from './journal-fence.ts';
import { readPage, type JournalPage, type JournalRange } from './journal-pages.ts';
import { EVENT_OVERHEAD_BYTES } from './journal-reads.ts';
import { readHead } from './journal.ts';
import { appendSizedEvents, countedReads, emptyJournal } from '../testing/sized-events.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

const KB = 1_024;

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterEach(() => emptyJournal(store.pool));
afterAll(() => store.close());

/** The whole journal by pages of these bounds. */
async function pages(
  bounds: { limit: number; maxBytes: number },
  part: Pick<JournalRange, 'shards' | 'contexts'> = {},
) {
  const untilPosition = await readHead(store.pool);
  const found: JournalPage[] = [];
  for (let afterPosition = 0n; afterPosition < untilPosition;) {
    const page = await readPage({ pool: store.pool, ...part, afterPosition, untilPosition }, bounds);
    expect(page.readTo).toBeGreaterThan(afterPosition);
    found.push(page);
    afterPosition = page.readTo;
  }
  return found;
}
const positionsOf = (found: readonly JournalPage[]) =>
  found.flatMap(({ events }) => events.map(({ position }) => position));
const bytesOf = (events: JournalPage['events']) =>
  events.reduce((sum, { payload }) => sum + payload.length + EVENT_OVERHEAD_BYTES, 0);

describe('reading page by page', () => {
  it('gives all of it, each page within its bytes or one event, and reads no payload twice', async () => {
    await appendSizedEvents(store.pool, 120, (n) => ({
      id: `o-${n}`,
      bytes: n % 10 === 0 ? 900 * KB : 20 * KB,
    }));
    const all = Array.from({ length: 120 }, (_, n) => BigInt(n + 1));
    const reads = await countedReads(store);
    const untilPosition = 120n;
    const found: JournalPage[] = [];
    for (let afterPosition = 0n; afterPosition < untilPosition;) {
      const page = await readPage(
        { pool: reads.pool, afterPosition, untilPosition },
        { limit: 50, maxBytes: 250 * KB },
      );
      found.push(page);
      afterPosition = page.readTo;
    }
    expect(positionsOf(found)).toEqual(all);
    for (const { events } of found) expect(events.length === 1 || bytesOf(events) <= 250 * KB).toBe(true);
    expect(reads.payloadBytes()).toBe(12 * 900 * KB + 108 * 20 * KB);
    expect(await reads.rows()).toBe(120);
  });

  it('gives all of some shards, in order', async () => {
    await appendSizedEvents(store.pool, 90, (n) => ({ id: `o-${n}`, bytes: 30 * KB }));
    const shards = [1, 5, 8];
    const expected = Array.from({ length: 90 }, (_, n) => n)
      .filter((n) => shards.includes(shardOf(`o-${n}`)))
      .map((n) => BigInt(n + 1));
    expect(expected.length).toBeGreaterThan(10);
    expect(positionsOf(await pages({ limit: 4, maxBytes: 100 * KB }, { shards }))).toEqual(expected);
    expect(positionsOf(await pages({ limit: 100, maxBytes: 100 * KB }, { shards }))).toEqual(expected);
  });

  it('steps over what a fence has given up, however far', async () => {
    await appendSizedEvents(store.pool, 3, () => ({ id: 'x', bytes: 10 }));
    await fenceJournal(store.pool, { position: 5_000_000n, reason: 'restored' });
    await appendSizedEvents(store.pool, 2, () => ({ id: 'x', bytes: 10 }));
    await fenceJournal(store.pool, { position: 9_000_000n, reason: 'restored' });
    const found = await pages({ limit: 10, maxBytes: 1_000 });
    expect(positionsOf(found)).toEqual([1n, 2n, 3n, 5_000_001n, 5_000_002n]);
    expect(found.at(-1)?.readTo).toBe(9_000_000n);
    expect(found.length).toBeLessThan(8);
  });
});

describe('reading some contexts', () => {
  const kinds: readonly AggregateType[] = ['order', 'stock', 'order', 'product', 'customer', 'stock'];
  const kindOf = (n: number) => kinds[n % kinds.length]!;
  const write = (count: number, bytes: number) =>
    appendSizedEvents(store.pool, count, (n) => ({ id: `o-${n % 40}`, bytes, type: kindOf(n) }));
  const those = (count: number, isWanted: (n: number) => boolean) =>
    Array.from({ length: count }, (_, n) => n)
      .filter(isWanted)
      .map((n) => BigInt(n + 1));

  it('gives all of theirs, in order, of all shards and of some, and says up to where', async () => {
    await write(300, 10 * KB);
    const isOrder = (n: number) => contextOfAggregate(kindOf(n)) === 'orders';
    for (const limit of [7, 1_000]) {
      const bounds = { limit, maxBytes: 100 * KB };
      expect(positionsOf(await pages(bounds, { contexts: ['orders'] }))).toEqual(those(300, isOrder));
      const shards = [1, 5, 8];
      const some = await pages(bounds, { contexts: ['orders'], shards });
      expect(positionsOf(some)).toEqual(
        those(300, (n) => isOrder(n) && shards.includes(shardOf(`o-${n % 40}`))),
      );
      expect(some.at(-1)?.readTo).toBe(300n);
    }
  });

  it('reads no payload of others', async () => {
    await write(120, 50 * KB);
    const reads = await countedReads(store);
    const part = { pool: reads.pool, contexts: ['catalog'] as const, afterPosition: 0n, untilPosition: 120n };
    const { events, readTo } = await readPage(part, { limit: 1_000, maxBytes: 10_000 * KB });
    expect(events).toHaveLength(20);
    expect(readTo).toBe(120n);
    expect(reads.payloadBytes()).toBe(20 * 50 * KB);
  });

  it('passes over a long stretch of others piece by piece, and over what a fence has given up', async () => {
    await appendSizedEvents(store.pool, 1, () => ({ id: 'a', bytes: 1, type: 'customer' }));
    const STRETCH = 25_000;
    await appendSizedEvents(
      store.pool,
      STRETCH,
      (n) => ({ id: `s-${n % 7}`, bytes: 1, type: 'stock' }),
      1_000,
    );
    await fenceJournal(store.pool, { position: 5_000_000n, reason: 'restored' });
    await appendSizedEvents(store.pool, 1, () => ({ id: 'b', bytes: 1, type: 'customer' }));
    const found = await pages({ limit: 10, maxBytes: 1_000 }, { contexts: ['customers'] });
    expect(positionsOf(found)).toEqual([1n, 5_000_001n]);
    expect(found.length).toBeGreaterThan(1);
    expect(found.length).toBeLessThan(6);
    expect(found.at(-1)?.readTo).toBe(5_000_001n);
  });

  it('gives nothing where no context is asked for', async () => {
    await write(12, 10);
    expect(await pages({ limit: 10, maxBytes: 1_000 }, { contexts: [] })).toEqual([
      { events: [], readTo: 12n },
    ]);
  });
});
