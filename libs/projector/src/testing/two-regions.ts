import type {
  BoundCell,
  CassandraSession,
  Consistency,
  Statement,
  StatementOptions,
} from '@meridian/cassandra';

/** Two regions that share nothing, on one real store: a keyspace each, and a switch that takes the other one away. */
export interface TwoRegions {
  /** As a projector in the home region sees it. */
  readonly home: CassandraSession;
  connectRegion(region: string): Promise<CassandraSession>;
  /** As a reader in the other region sees it. */
  readonly remote: CassandraSession;
  /** Whether the other region answers. */
  reachable: boolean;
  /** Which statements the other region refuses when it is asked to run them by itself; none, at first. */
  refuses: (statement: Statement) => boolean;
  /** What the other region waits for before it runs statements by itself; nothing, at first. */
  awaits: (statements: readonly Statement[]) => Promise<void> | undefined;
  /** How many statements the other region was asked to run by itself while it was away. */
  readonly refused: () => number;
}

const unharmed = () => ({ reachable: true, refuses: () => false, awaits: () => undefined });

/** What a store says to a statement for what is in it; of other errors, a region would count as away. */
const refusal = () => new RangeError('the region refuses this');

/**
 * Makes them of a session: what names the keyspace goes to `elsewhere` when it is meant for the other region. What is
 * written to one region at LOCAL_QUORUM never reaches the other by hint or repair. So only the projector can bring it
 * there.
 */
export function twoRegions(session: CassandraSession, keyspace: string, elsewhere: string): TwoRegions {
  let refused = 0;
  const regions: Pick<TwoRegions, 'reachable' | 'refuses' | 'awaits'> = unharmed();
  const there = (cql: string) => cql.replaceAll(`${keyspace}.`, `${elsewhere}.`);
  const away = () => {
    if (regions.reachable) return;
    refused++;
    throw new Error('the region is away');
  };
  const awayForAll = (consistency: Consistency) => consistency === 'EACH_QUORUM' && away();
  /** What the schema is said to have: the one of a cluster holds for all its regions, here each keyspace has its own. */
  const inBoth = async (cql: string, params: readonly BoundCell[], options: StatementOptions) => {
    const here = await session.execute(cql, params, options);
    const there = new Set(
      (await session.execute(cql, [elsewhere], options)).map((row) => JSON.stringify(row)),
    );
    return here.filter((row) => there.has(JSON.stringify(row)));
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
  const askDirectly = async (statements: readonly Statement[]) => {
    away();
    await regions.awaits(statements);
    if (statements.some(regions.refuses)) throw refusal();
  };
  const direct: CassandraSession = {
    ...remote,
    async execute(cql, params, options) {
      await askDirectly([{ cql, params }]);
      return remote.execute(cql, params, options);
    },
    async batch(statements, options) {
      await askDirectly(statements);
      await remote.batch(statements, options);
    },
  };
  const home: CassandraSession = {
    ...session,
    async execute(cql, params, options) {
      if (cql.includes('system_schema.')) return inBoth(cql, params, options);
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
    home,
    remote,
    refused: () => refused,
    connectRegion: async () => {
      away();
      return direct;
    },
  });
}
