import type { CassandraSession } from '@meridian/cassandra';
import { cassandraVariable } from '@meridian/engines';
import { defaultStackFolder, readStackState } from '@meridian/local-stack';
import { cassandraOf } from '../../engine-connections.ts';
import { readersOf, type ReaderOptions } from '../../engine-stores.ts';
import { regionsOf } from '../../keyspace-regions.ts';
import type { TraceStores } from './gather.ts';

/**
 * The stores of the stack, of the options or of the environment, with nodes for every region of the keyspace. A region
 * without named nodes is reached through the nodes of the region to ask: the cluster knows where its nodes are. While
 * no region answers, the result has the regions that stack or environment name.
 */
export async function traceStoresOf(options: ReaderOptions): Promise<TraceStores> {
  const stores = readersOf(options);
  const { region: asked, contactPoints, keyspace, home, cassandraSecurity } = stores;
  const stack = readStackState(defaultStackFolder());
  const named = stack?.regions ?? process.env['MERIDIAN_REGIONS']?.split(',') ?? [];
  const nodesOf = (region: string) => {
    const variable = cassandraVariable(region);
    const found = (stack?.engineEnvironment[variable] ?? process.env[variable])?.split(',');
    return region === asked ? contactPoints : (found ?? contactPoints);
  };
  const reach = (one: string) => cassandraOf({ cassandraSecurity, contactPoints: nodesOf(one), region: one });
  const candidates = [...new Set([asked, ...named])];
  const regions = await firstAnswer(candidates, reach, (session) => regionsOf(session, keyspace, home));
  const all = regions ?? candidates;
  return { ...stores, cassandra: Object.fromEntries(all.map((region) => [region, nodesOf(region)])) };
}

/** The answer of the first region that answers; undefined when none does. */
async function firstAnswer<Result>(
  regions: readonly string[],
  reach: (region: string) => Promise<CassandraSession>,
  ask: (session: CassandraSession) => Promise<Result>,
): Promise<Result | undefined> {
  for (const region of regions) {
    let session: CassandraSession | undefined;
    try {
      session = await reach(region);
      return await ask(session);
    } catch {
      // The trace of this region reports why it does not answer.
    } finally {
      await session?.close();
    }
  }
  return undefined;
}
