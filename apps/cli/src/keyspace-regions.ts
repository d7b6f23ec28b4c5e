import type { CassandraSession } from '@meridian/cassandra';
import { CommanderError } from 'commander';
import { z } from 'zod';

const replication = z.record(z.string(), z.string());

/** Whether there is a keyspace of this name. */
export async function isKeyspace(session: CassandraSession, keyspace: string): Promise<boolean> {
  const rows = await session.execute(
    'SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?',
    [keyspace],
    { consistency: 'LOCAL_ONE' },
  );
  return rows.length > 0;
}

/**
 * The regions that a keyspace is replicated over, with the replicas in each. Throws an error when the keyspace does not
 * exist.
 */
export async function replicasOf(
  session: CassandraSession,
  keyspace: string,
): Promise<Record<string, number>> {
  const [row] = await session.execute(
    'SELECT to_json(replication) AS replication FROM system_schema.keyspaces WHERE keyspace_name = ?',
    [keyspace],
    { consistency: 'LOCAL_ONE' },
  );
  const found = row?.['replication'];
  if (typeof found !== 'string')
    throw new CommanderError(
      1,
      'meridian.noKeyspace',
      `there is no keyspace ${keyspace}: name another with --keyspace`,
    );
  const { class: strategy = '', ...byRegion } = replication.parse(JSON.parse(found));
  if (!strategy.endsWith('NetworkTopologyStrategy'))
    throw new CommanderError(
      1,
      'meridian.noRegions',
      `keyspace ${keyspace} is replicated by ${strategy}: it has to be NetworkTopologyStrategy, which names the regions`,
    );
  return Object.fromEntries(Object.entries(byRegion).map(([region, count]) => [region, Number(count)]));
}

/**
 * Every region that holds a copy of a keyspace, the home region first. The regions come from the keyspace itself,
 * whatever the environment names. A region that the environment forgot would otherwise be promoted without a check.
 */
export async function regionsOf(
  session: CassandraSession,
  keyspace: string,
  home: string,
): Promise<readonly string[]> {
  const replicas = Object.entries(await replicasOf(session, keyspace));
  const regions = replicas.flatMap(([region, count]) => (count > 0 ? [region] : [])).sort();
  return [...regions.filter((region) => region === home), ...regions.filter((region) => region !== home)];
}
