import { dateOf, numberOf, optional, textOf, type MysqlPool } from '@meridian/mysql';
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 200;

/** How long an announcement counts, and a lease by default. */
const USUAL_WORD_MS = 10_000;

/** The longest time for which a replica's word counts. One that is alive renews it several times within. */
async function longestWordMs(pool: MysqlPool): Promise<number> {
  const { rows } = await pool.query('SELECT MAX(lease_ms) AS lease_ms FROM relay_shard');
  return Math.max(USUAL_WORD_MS, rows[0] ? (optional(rows[0], 'lease_ms', numberOf) ?? 0) : 0);
}

async function registered(pool: MysqlPool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query(
    `SELECT replica, alive_until FROM command_replica WHERE alive_until > UTC_TIMESTAMP(3)
     UNION ALL SELECT replica, alive_until FROM relay_replica WHERE alive_until > UTC_TIMESTAMP(3)`,
  );
  return new Map(rows.map((row) => [textOf(row, 'replica'), dateOf(row, 'alive_until').getTime()]));
}

/** Both tables hold a replica's name and a part that is new with every start. */
const namesOf = (replicas: readonly string[]) => [
  ...new Set(replicas.map((name) => name.replace(/#.*/, ''))),
];

/**
 * Replicas that are at work on this database, whether they publish or only take commands. A replica that only a backup
 * remembers as alive renews nothing. So this waits for a renewal or the end of the replica's time: a restored database
 * is not taken for a running one.
 */
export async function replicasAtWork(pool: MysqlPool): Promise<readonly string[]> {
  const first = await registered(pool);
  // By the clock of this process: the database's may have been set back, and a dead one's time then lies far ahead.
  const endsAtMs = performance.now() + (first.size > 0 ? await longestWordMs(pool) : 0);
  for (let now = first; now.size > 0; now = await registered(pool)) {
    const renewed = [...now].filter(([replica, aliveUntil]) => aliveUntil !== first.get(replica));
    if (renewed.length > 0) return namesOf(renewed.map(([replica]) => replica));
    if (performance.now() >= endsAtMs) return [];
    await pause(POLL_MS);
  }
  return [];
}
