import { bigintOf, dateOf, numberOf, optional, type MysqlPool } from '@meridian/mysql';

/** What a shard still has to publish, whoever owns it. */
export interface ShardBacklog {
  readonly shard: number;
  /** All events of the shard up to here are in Kafka. */
  readonly position: bigint;
  /** Who owns it; empty when nobody does. */
  readonly owner: string;
  /** Events committed and not yet known to be in Kafka. */
  readonly depth: number;
  /** How long the oldest of them has waited, by the database's clock, in milliseconds; 0 when there is none. */
  readonly oldestAgeMs: number;
}

const BACKLOG = `
SELECT r.shard, r.position, r.owner, UTC_TIMESTAMP(3) AS now,
  (SELECT COUNT(*) FROM journal AS j FORCE INDEX (journal_shard)
   WHERE j.shard = r.shard AND j.position > r.position) AS depth,
  (SELECT j.recorded_at FROM journal AS j FORCE INDEX (journal_shard)
   WHERE j.shard = r.shard AND j.position > r.position ORDER BY j.position LIMIT 1) AS oldest
FROM relay_shard AS r ORDER BY r.shard`;

/** Reads the backlog of every shard, for metrics and `status`. Its cost grows with the backlog: ask every few seconds. */
export async function readBacklog(pool: MysqlPool): Promise<readonly ShardBacklog[]> {
  const { rows } = await pool.query(BACKLOG);
  return rows.map((row) => {
    const oldest = optional(row, 'oldest', dateOf);
    const age = oldest ? dateOf(row, 'now').getTime() - oldest.getTime() : 0;
    return {
      shard: numberOf(row, 'shard'),
      position: bigintOf(row, 'position'),
      owner: typeof row.owner === 'string' ? row.owner : '',
      depth: numberOf(row, 'depth'),
      oldestAgeMs: Math.max(0, age),
    };
  });
}
