import type { AggregateType } from '@meridian/contracts';
import { newId, shardOf } from '@meridian/kernel';
import { bigintOf, uuidToBytes, type MysqlPool, type StatementResult } from '@meridian/mysql';
import type { TestStore } from './test-store.ts';

/** An event to append. */
interface SizedEvent {
  readonly id: string;
  readonly bytes: number;
  /** An order's when left out. */
  readonly type?: AggregateType;
}

/** Appends events whose payloads are as large as said, as commits of the write store would, each of `group` events. */
export async function appendSizedEvents(
  pool: MysqlPool,
  count: number,
  eventOf: (n: number) => SizedEvent,
  group = 20,
): Promise<void> {
  for (let first = 0; first < count; first += group) {
    const rows = Array.from({ length: Math.min(group, count - first) }, (_, n) => eventOf(first + n));
    await pool.withConnection((connection) =>
      connection.queryAll(
        `START TRANSACTION;
         UPDATE journal_head SET position = LAST_INSERT_ID(position) + ? WHERE id = 1;
         INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload,
                              recorded_at, actor, traceparent)
         VALUES ${rows
           .map(
             (_, n) =>
               `(LAST_INSERT_ID() + ${n + 1}, ?, ?, ?, ?, LAST_INSERT_ID() + ${n + 1}, 'OrderPlaced', REPEAT('x', ?),
                 UTC_TIMESTAMP(3), 'test', '')`,
           )
           .join(', ')};
         COMMIT`,
        [
          rows.length,
          ...rows.flatMap(({ id, bytes, type = 'order' }) => [
            uuidToBytes(newId()),
            shardOf(id),
            type,
            id,
            bytes,
          ]),
        ],
      ),
    );
  }
}

/** Takes out all events, fences and positions of a journal. */
export async function emptyJournal(pool: MysqlPool): Promise<void> {
  await pool.queryAll('DELETE FROM journal; DELETE FROM journal_fence; UPDATE journal_head SET position = 0');
}

/** Reads of a journal, counted from now on. */
export interface CountedReads {
  /** Read by this. */
  readonly pool: MysqlPool;
  /** Bytes of the payloads that came over the network. */
  payloadBytes(): number;
  /** Requests that were sent. */
  requests(): number;
  /** Whole rows that MySQL itself fetched from the journal, by whoever. */
  rows(): Promise<number>;
  /** Entries that MySQL fetched from the journal's index by shard. */
  entries(): Promise<number>;
}

/** Counts what is read over a pool of its own, at both ends. */
export async function countedReads({
  pool,
  database,
}: Pick<TestStore, 'pool' | 'database'>): Promise<CountedReads> {
  let bytes = 0;
  let requests = 0;
  const count = (results: readonly StatementResult[]) => {
    requests += 1;
    for (const { rows } of results)
      for (const { payload } of rows) if (payload instanceof Uint8Array) bytes += payload.length;
    return results;
  };
  const fetched = async (index: string) => {
    const { rows } = await pool.query(
      `SELECT COUNT_FETCH AS fetched FROM performance_schema.table_io_waits_summary_by_index_usage
       WHERE OBJECT_SCHEMA = ? AND OBJECT_NAME = 'journal' AND INDEX_NAME = ?`,
      [database, index],
    );
    return rows[0] ? Number(bigintOf(rows[0], 'fetched')) : 0;
  };
  const before = { rows: await fetched('PRIMARY'), entries: await fetched('journal_shard') };
  return {
    pool: {
      ...pool,
      async query(sql, values) {
        const result = await pool.query(sql, values);
        count([result]);
        return result;
      },
      withConnection: (use) =>
        pool.withConnection((connection) =>
          use({
            ...connection,
            queryAll: async (sql, values) => count(await connection.queryAll(sql, values)),
            runAll: async (statements) => count(await connection.runAll(statements)),
          }),
        ),
    },
    payloadBytes: () => bytes,
    requests: () => requests,
    rows: async () => (await fetched('PRIMARY')) - before.rows,
    entries: async () => (await fetched('journal_shard')) - before.entries,
  };
}
