import { createPool, migrate, uuidToBytes } from '@meridian/mysql';
import { migrationsFolder } from '@meridian/write-store';
import { orderEvents } from '../processes/order-events.ts';

const ROWS_A_STATEMENT = 500;

/** Makes a schema whose journal has `events` events of orders. Replaces an existing schema. */
export async function writeJournal(url: string, database: string, events: number): Promise<void> {
  await migrate({ url, database, folder: migrationsFolder });
  const pool = createPool({ url, database, connectionLimit: 1, queryTimeoutMs: 600_000 });
  try {
    await pool.query('TRUNCATE journal');
    const all = orderEvents({ events, skew: 0 });
    for (let start = 0; start < all.length; start += ROWS_A_STATEMENT) {
      const some = all.slice(start, start + ROWS_A_STATEMENT);
      await pool.query(
        `INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload,
                              recorded_at, actor, traceparent)
         VALUES ${some.map(() => "(?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), 'fixture', '')").join(', ')}`,
        some.flatMap((event) => [
          event.position,
          uuidToBytes(event.eventId),
          event.shard,
          event.aggregateType,
          event.aggregateId,
          event.version,
          event.type,
          Buffer.from(event.payload),
        ]),
      );
    }
    await pool.query('UPDATE journal_head SET position = ? WHERE id = 1', [events]);
  } finally {
    await pool.close();
  }
}
