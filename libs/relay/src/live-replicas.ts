import { dateOf, textOf, type MysqlPool } from '@meridian/mysql';
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 200;

async function registered(pool: MysqlPool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query(
    `SELECT replica, alive_until FROM command_replica WHERE alive_until > UTC_TIMESTAMP(3)
     UNION ALL SELECT replica, alive_until FROM relay_replica WHERE alive_until > UTC_TIMESTAMP(3)`,
  );
  return new Map(rows.map((row) => [textOf(row, 'replica'), dateOf(row, 'alive_until').getTime()]));
}

/** A relay's owner is its replica's name and a part that is new with every start. */
const namesOf = (replicas: readonly string[]) => [
  ...new Set(replicas.map((name) => name.replace(/#.*/, ''))),
];

/**
 * Replicas that are at work on this database, whether they publish or only take commands. One that only a backup remembers as alive renews nothing: this waits until it
 * has done so or its time is over, a lease's length at most, so that a restored database is not taken for a running one.
 */
export async function replicasAtWork(pool: MysqlPool): Promise<readonly string[]> {
  const first = await registered(pool);
  for (let now = first; now.size > 0; now = await registered(pool)) {
    const renewed = [...now].filter(([replica, aliveUntil]) => aliveUntil !== first.get(replica));
    if (renewed.length > 0) return namesOf(renewed.map(([replica]) => replica));
    await pause(POLL_MS);
  }
  return [];
}
