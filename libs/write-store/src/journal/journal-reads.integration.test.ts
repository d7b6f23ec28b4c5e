import { shardOf, SHARD_COUNT } from '@meridian/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fenceJournal } from './journal-fence.ts';
import { EVENT_OVERHEAD_BYTES, readPage, readShards, type JournalPage } from './journal-reads.ts';
import { readHead } from './journal.ts';
import { appendSizedEvents, countedReads } from '../testing/sized-events.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

const KB = 1_024;

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterEach(() =>
  store.pool.queryAll('DELETE FROM journal; DELETE FROM journal_fence; UPDATE journal_head SET position = 0'),
);
afterAll(() => store.close());

/** The whole journal by pages of these bounds. */
async function pages(bounds: { limit: number; maxBytes: number }, shards?: readonly number[]) {
  const untilPosition = await readHead(store.pool);
  const found: JournalPage[] = [];
  for (let afterPosition = 0n; afterPosition < untilPosition;) {
    const page = await readPage({ pool: store.pool, shards, afterPosition, untilPosition }, bounds);
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

describe('reading several shards', () => {
  it('brings of each shard what stays within the bytes, and reads no other payload', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    await appendSizedEvents(store.pool, 120, (n) => ({ id: ids[n % ids.length]!, bytes: 50 * KB }));
    const shards = [...new Set(ids.map(shardOf))];
    const cursors = shards.map((shard) => ({ shard, afterPosition: 0n }));
    const reads = await countedReads(store);
    const { head, lists } = await readShards(reads.pool, cursors, { limit: 15, maxBytes: 175 * KB });
    expect(head).toBe(120n);
    for (const { events, more } of lists) {
      expect(events).toHaveLength(3);
      expect(more).toBe(true);
    }
    expect(reads.payloadBytes()).toBe(shards.length * 3 * 50 * KB);
    expect(await reads.rows()).toBe(shards.length * 3);
    expect(reads.requests()).toBe(1);
  });

  it('brings one event at least, whatever its size, and says that there is more behind it', async () => {
    const sizes = [500 * KB, 10, 10, 600 * KB, 700 * KB];
    await appendSizedEvents(store.pool, sizes.length, (n) => ({ id: 'big', bytes: sizes[n]! }));
    const shard = shardOf('big');
    const seen: number[][] = [];
    const mores: boolean[] = [];
    for (let afterPosition = 0n; afterPosition < 5n;) {
      const bounds = { limit: 10, maxBytes: 400 * KB };
      const { lists } = await readShards(store.pool, [{ shard, afterPosition }], bounds);
      const [{ events, more } = { events: [], more: false }] = lists;
      seen.push(events.map(({ payload }) => payload.length));
      mores.push(more);
      afterPosition = events.at(-1)?.position ?? 5n;
    }
    expect(seen).toEqual([[500 * KB], [10, 10], [600 * KB], [700 * KB]]);
    expect(mores).toEqual([true, true, true, false]);
  });

  it('says that there is no more where no bound ended it', async () => {
    await appendSizedEvents(store.pool, 4, () => ({ id: 'one', bytes: 10 }));
    const one = { shard: shardOf('one'), afterPosition: 0n };
    const none = { shard: (shardOf('one') + 1) % SHARD_COUNT, afterPosition: 0n };
    const read = async (limit: number) => {
      const { lists } = await readShards(store.pool, [one, none], { limit, maxBytes: 1_000_000 });
      return lists.map(({ events, more }) => [events.length, more]);
    };
    expect(await read(3)).toEqual([
      [3, true],
      [0, false],
    ]);
    expect(await read(5)).toEqual([
      [4, false],
      [0, false],
    ]);
  });
});

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
    expect(positionsOf(await pages({ limit: 4, maxBytes: 100 * KB }, shards))).toEqual(expected);
    expect(positionsOf(await pages({ limit: 100, maxBytes: 100 * KB }, shards))).toEqual(expected);
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
