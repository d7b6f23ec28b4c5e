import { shardOf, SHARD_COUNT } from '@meridian/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readShards } from './journal-reads.ts';
import { appendSizedEvents, countedReads, emptyJournal } from '../testing/sized-events.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

const KB = 1_024;

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterEach(() => emptyJournal(store.pool));
afterAll(() => store.close());

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

  it('reads no more of the index than it brings, also by statistics of an empty journal', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    await appendSizedEvents(store.pool, 3_000, (n) => ({ id: ids[n % ids.length]!, bytes: 10 }));
    // What a server has that was filled and ended before it counted.
    await store.pool.query(
      `UPDATE mysql.innodb_table_stats SET n_rows = 0, clustered_index_size = 1, sum_of_other_index_sizes = 1
       WHERE database_name = ? AND table_name = 'journal'`,
      [store.database],
    );
    await store.pool.query('FLUSH TABLES journal');
    const reads = await countedReads(store);
    const cursor = { shard: shardOf('a'), afterPosition: 2_900n };
    const { lists } = await readShards(reads.pool, [cursor], { limit: 10, maxBytes: 175 * KB });
    expect(lists[0]?.events).toHaveLength(10);
    expect(await reads.entries()).toBeLessThan(20);
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
