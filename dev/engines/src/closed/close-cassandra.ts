import { readFileSync } from 'node:fs';
import { runCql, type ClosedAccess } from '../probes/cassandra-probe.ts';
import { waitUntil } from '../wait-until.ts';
import { closedEnginesOf } from './closed-engines.ts';
import type { Secrets } from './secrets.ts';

/** The account that every new cluster has, with a password that everybody knows. */
const DEFAULT = 'cassandra';
const timeoutMs = 120_000;

/** How the administrator asks a closed node. */
export function administratorOf(secrets: Secrets): ClosedAccess {
  const { authorityFile, administrator } = closedEnginesOf(secrets);
  const { user, password } = administrator;
  return { authority: readFileSync(authorityFile, 'utf8'), user, password };
}

/**
 * Gives a new cluster its administrator, and takes all rights from the account `cassandra`. Keeps a copy of the accounts on
 * so many nodes of each region. Does nothing when that was done before. Rejects when the cluster does not take it within
 * 120 s.
 */
export async function closeCassandra(
  node: { readonly host: string; readonly port: number },
  copiesByRegion: Readonly<Record<string, number>>,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<void> {
  const administrator = administratorOf(secrets);
  const first: ClosedAccess = { ...administrator, user: DEFAULT, password: DEFAULT };
  const role = `"${administrator.user}"`;
  const replicas = Object.entries(copiesByRegion)
    .map(([region, copies]) => `'${region}': ${copies}`)
    .join(', ');
  const steps: readonly (readonly [cql: string, by: ClosedAccess])[] = [
    // First of all: with the replication of a new cluster, no account can be written.
    [
      `ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', ${replicas}}`,
      first,
    ],
    [
      `CREATE ROLE IF NOT EXISTS ${role} WITH PASSWORD = '${administrator.password}' AND SUPERUSER = true AND LOGIN = true`,
      first,
    ],
    [`ALTER ROLE ${DEFAULT} WITH SUPERUSER = false AND LOGIN = false`, administrator],
  ];
  const isClosed = await runCql(node, `LIST ROLES OF ${role}`, administrator);
  const isOld = isClosed && !(await runCql(node, `LIST ROLES OF ${DEFAULT}`, first));
  for (const [cql, by] of isOld ? [] : steps) {
    const isDone = () => runCql(node, cql, by);
    // A cluster that is just up makes its first account only after a while.
    const canSkip = by === first && isClosed;
    if (canSkip || (await waitUntil(isDone, { timeoutMs, everyMs: 200, signal }))) continue;
    throw new Error(
      `Cassandra at ${node.host}:${node.port} could not be closed within ${timeoutMs / 1_000} s`,
    );
  }
}
