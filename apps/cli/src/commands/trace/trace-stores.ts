import { connectCassandra, type CassandraSession } from '@meridian/cassandra';
import { cassandraVariable } from '@meridian/engines';
import { defaultStackFolder, readStackState } from '@meridian/local-stack';
import { regionsOf } from '../../keyspace-regions.ts';
import { readersOf, type ReaderOptions } from '../journal/stores.ts';
import type { TraceStores } from './gather.ts';

/**
 * The stores of the stack, of the options or of the environment, with nodes for every region that the keyspace is replicated
 * over. A region that has no nodes named is reached through those of the region that is asked: the cluster knows where its
 * nodes are. While no region answers, those that stack or environment name are given.
 */
export async function traceStoresOf(options: ReaderOptions): Promise<TraceStores> {
  const stores = readersOf(options);
  const { region: asked, contactPoints, keyspace, home } = stores;
  const stack = readStackState(defaultStackFolder());
  const named = stack?.regions ?? process.env['MERIDIAN_REGIONS']?.split(',') ?? [];
  const nodesOf = (region: string) => {
    const variable = cassandraVariable(region);
    const found = (stack?.engineEnvironment[variable] ?? process.env[variable])?.split(',');
    return region === asked ? contactPoints : (found ?? contactPoints);
  };
  const candidates = [...new Set([asked, ...named])];
  const regions = await firstAnswer(candidates, nodesOf, (session) => regionsOf(session, keyspace, home));
  const all = regions ?? candidates;
  return { ...stores, cassandra: Object.fromEntries(all.map((region) => [region, nodesOf(region)])) };
}

/** What the first region says that can be asked; undefined when none can. */
async function firstAnswer<Result>(
  regions: readonly string[],
  nodesOf: (region: string) => readonly string[],
  ask: (session: CassandraSession) => Promise<Result>,
): Promise<Result | undefined> {
  for (const region of regions) {
    let session: CassandraSession | undefined;
    try {
      session = await connectCassandra({ contactPoints: nodesOf(region), localDataCenter: region });
      return await ask(session);
    } catch {
      // Its trace says why it does not answer.
    } finally {
      await session?.close();
    }
  }
  return undefined;
}
