import type {
  BoundCell,
  CassandraSession,
  Consistency,
  Statement,
  StatementOptions,
} from '@meridian/cassandra';

/** Two regions that share nothing, on one real store. Each has its own keyspace, and a switch takes the other region away. */
export interface TwoRegions {
  /** The session of a projector in the home region. */
  readonly home: CassandraSession;
  connectRegion(region: string): Promise<CassandraSession>;
  /** The session of a reader in the other region. */
  readonly remote: CassandraSession;
  /** Whether the other region answers. */
  reachable: boolean;
  /** Which statements the other region refuses when they go to this region alone. None, at first. */
  refuses: (statement: Statement) => boolean;
  /** What the other region waits for before it runs statements that go to this region alone. Nothing, at first. */
  awaits: (statements: readonly Statement[]) => Promise<void> | undefined;
  /** How many statements went to the other region alone while it was away. */
  readonly refused: () => number;
}

const unharmed = () => ({ reachable: true, refuses: () => false, awaits: () => undefined });

/** The error of a store that refuses a statement for its content. After any other error, the region would count as away. */
const refusal = () => new RangeError('the region refuses this');

/**
 * Makes two regions out of one session. Statements for the other region go to the keyspace `elsewhere`. A write to one
 * region at LOCAL_QUORUM never reaches the other region by hint or repair. So only the projector can bring it there.
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
  /** The schema, as a cluster would give it: only the parts that both keyspaces have. */
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
