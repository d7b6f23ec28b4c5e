import { newId, shardOf } from '@meridian/kernel';
import { uuidToBytes, type MysqlPool, type Value } from '@meridian/mysql';
import { readHead, readJournal, type CommittedEvents } from '@meridian/write-store';

const AGGREGATES = [
  ['product', 'ProductDiscontinued'],
  ['stock', 'StockReceived'],
  ['customer', 'CustomerErased'],
  ['order', 'OrderPaid'],
] as const;

let made = 0;

/** Appends events as appendTestEvents does, and answers with what a commit of the write store would hand over. */
export async function commitTestEvents(pool: MysqlPool, count: number): Promise<CommittedEvents> {
  await appendTestEvents(pool, count);
  const afterPosition = (await readHead(pool)) - BigInt(count);
  return { afterPosition, events: await readJournal({ pool, afterPosition, limit: count }) };
}

/** Appends events of many aggregates to the journal, as a commit of the write store would. */
export async function appendTestEvents(pool: MysqlPool, count: number): Promise<void> {
  const rows: string[] = [];
  const values: Value[] = [];
  for (let n = 0; n < count; n++) {
    const [aggregateType, type] = AGGREGATES[n % AGGREGATES.length] ?? AGGREGATES[0];
    const aggregateId = `a-${made % 50}`;
    const version = Math.floor(made / 50) + 1;
    made += 1;
    const shard = shardOf(aggregateId);
    rows.push(`(LAST_INSERT_ID() + ${n + 1}, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), 'test', '')`);
    values.push(uuidToBytes(newId()), shard, aggregateType, aggregateId, version, type, Buffer.alloc(80, n));
  }
  await pool.withConnection((connection) =>
    connection.queryAll(
      `START TRANSACTION;
       UPDATE journal_head SET position = LAST_INSERT_ID(position) + ? WHERE id = 1;
       INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload,
                            recorded_at, actor, traceparent) VALUES ${rows.join(', ')};
       COMMIT`,
      [count, ...values],
    ),
  );
}
