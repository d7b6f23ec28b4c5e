import type { CassandraSession, Consistency } from '@meridian/cassandra';

/** Two regions that share nothing, on one real store: a keyspace each, and a switch that takes the other one away. */
export interface TwoRegions {
  /** As a projector in the home region sees it. */
  readonly home: CassandraSession;
  connectRegion(region: string): Promise<CassandraSession>;
  /** As a reader in the other region sees it. */
  readonly remote: CassandraSession;
  /** Whether the other region answers. */
  reachable: boolean;
  /** How many statements the other region was asked to run by itself while it was away. */
  readonly refused: () => number;
}

/**
 * Makes them of a session: what names the keyspace goes to `elsewhere` when it is meant for the other region. What is written
 * to one of them at LOCAL_QUORUM never reaches the other, so nothing but the projector can bring it there: no hint, no repair.
 */
export function twoRegions(session: CassandraSession, keyspace: string, elsewhere: string): TwoRegions {
  let refused = 0;
  const regions = { reachable: true };
  const there = (cql: string) => cql.replaceAll(`${keyspace}.`, `${elsewhere}.`);
  const away = () => {
    if (regions.reachable) return;
    refused++;
    throw new Error('the region is away');
  };
  const awayForAll = (consistency: Consistency) => {
    if (consistency === 'EACH_QUORUM') away();
  };
  const remote: CassandraSession = {
    ...session,
    execute: (cql, params, options) => session.execute(there(cql), params, options),
    batch: (statements, options) =>
      session.batch(
        statements.map(({ cql, params }) => ({ cql: there(cql), params })),
        options,
      ),
    schema: (statements) => session.schema(statements.map(there)),
    close: () => Promise.resolve(),
  };
  const direct: CassandraSession = {
    ...remote,
    async execute(cql, params, options) {
      away();
      return remote.execute(cql, params, options);
    },
    async batch(statements, options) {
      away();
      await remote.batch(statements, options);
    },
  };
  const home: CassandraSession = {
    ...session,
    async execute(cql, params, options) {
      awayForAll(options.consistency);
      if (options.consistency === 'EACH_QUORUM') await remote.execute(cql, params, options);
      return session.execute(cql, params, options);
    },
    async batch(statements, options) {
      awayForAll(options.consistency);
      if (options.consistency === 'EACH_QUORUM') await remote.batch(statements, options);
      await session.batch(statements, options);
    },
    schema: (statements) => session.schema(statements.flatMap((cql) => [cql, there(cql)])),
  };
  return Object.assign(regions, {
    ...{ home, remote, refused: () => refused },
    connectRegion: async () => {
      away();
      return direct;
    },
  });
}
