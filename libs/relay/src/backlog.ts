import { bigintOf, dateOf, numberOf, optional, type MysqlPool } from '@meridian/mysql';

/** What a shard still has to publish, whoever owns it. */
export interface ShardBacklog {
  readonly shard: number;
  /** All events of the shard up to here are in Kafka. */
  readonly position: bigint;
  /** Who owns it; empty when nobody does. */
  readonly owner: string;
  /** Events committed and not yet known to be in Kafka: MOST_COUNTED where there are so many or more. */
  readonly depth: number;
}

/** No more events of a shard are counted. Kafka may be away for days, and a count must not take longer and longer. */
export const MOST_COUNTED = 100_000;

const BACKLOG = `
SELECT r.shard, r.position, r.owner,
  (SELECT COUNT(*) FROM (
     SELECT 1 FROM journal AS j FORCE INDEX (journal_shard)
     WHERE j.shard = r.shard AND j.position > r.position LIMIT ${MOST_COUNTED}) AS some) AS depth
FROM relay_shard AS r ORDER BY r.shard`;

const OLDEST = `
SELECT UTC_TIMESTAMP(3) AS now,
  (SELECT j.recorded_at FROM journal AS j FORCE INDEX (journal_shard)
   WHERE j.shard = r.shard AND j.position > r.position ORDER BY j.position LIMIT 1) AS oldest
FROM relay_shard AS r`;

/** Reads the backlog of every shard, for metrics and `trace`. Counts up to MOST_COUNTED events of each: ask every few seconds. */
export async function readBacklog(pool: MysqlPool): Promise<readonly ShardBacklog[]> {
  const { rows } = await pool.query(BACKLOG);
  return rows.map((row) => ({
    shard: numberOf(row, 'shard'),
    position: bigintOf(row, 'position'),
    owner: typeof row.owner === 'string' ? row.owner : '',
    depth: numberOf(row, 'depth'),
  }));
}

/**
 * How long the oldest event has waited that is not known to be in Kafka, by the database's clock, in milliseconds. 0 when there is none.
 * Costs one row per shard, however large the backlog is.
 */
export async function readOldestAgeMs(pool: MysqlPool): Promise<number> {
  const { rows } = await pool.query(OLDEST);
  const ages = rows.map((row) => {
    const oldest = optional(row, 'oldest', dateOf);
    return oldest ? dateOf(row, 'now').getTime() - oldest.getTime() : 0;
  });
  return Math.max(0, ...ages);
}
