import type { BoundCell, CassandraSession, Consistency, Row, Statement } from '@meridian/cassandra';

/** The rows of one region, by table and key. The cell with the highest timestamp wins. */
export interface RegionInMemory {
  /** The rows of a table, sorted by their keys. */
  rows(table: string): readonly Row[];
}

/** Two regions without hints. When a region misses a write, only the projector can bring the write there. */
export interface RegionsInMemory {
  readonly home: RegionInMemory;
  readonly remote: RegionInMemory;
  readonly session: CassandraSession;
  connectRegion(): Promise<CassandraSession>;
  remoteAnswers: boolean;
  /** Told of every request before home takes it. When this throws, home takes nothing. */
  onAsked: (statements: readonly Statement[]) => void;
  /** Told of every request that home has taken, before the other region takes it. Whatever this throws is the answer. */
  onTaken: (statements: readonly Statement[]) => void;
}

interface Cells {
  readonly [column: string]: { readonly value: BoundCell; readonly writtenAt: bigint } | undefined;
}

/**
 * Makes two regions with the tables of these statements (`CREATE TABLE … PRIMARY KEY (…)`). They understand a
 * projector's statements only.
 */
export function regionsInMemory(schema: readonly string[]): RegionsInMemory {
  const keys = new Map(
    schema.flatMap((cql) => {
      const [, table, key] =
        /CREATE TABLE IF NOT EXISTS \w+\.(\w+) .*PRIMARY KEY \((.+?)\)\)/.exec(cql) ?? [];
      return table && key ? [[table, key.replaceAll(/[()]/g, '').split(', ')] as const] : [];
    }),
  );
  const [home, remote] = [region(keys), region(keys)];
  const regions: RegionsInMemory = {
    home,
    remote,
    remoteAnswers: true,
    onAsked: () => undefined,
    onTaken: () => undefined,
    session: sessionOf(home, async (statements, consistency) => {
      await Promise.resolve();
      if (consistency === 'EACH_QUORUM' && !regions.remoteAnswers)
        throw new Error('a region does not answer');
      regions.onAsked(statements);
      for (const statement of statements) home.take(statement);
      regions.onTaken(statements);
      if (regions.remoteAnswers) for (const statement of statements) remote.take(statement);
    }),
    async connectRegion() {
      await Promise.resolve();
      if (!regions.remoteAnswers) throw new Error('the region does not answer');
      return sessionOf(remote, async (statements) => {
        await Promise.resolve();
        if (!regions.remoteAnswers) throw new Error('the region does not answer');
        for (const statement of statements) remote.take(statement);
      });
    },
  };
  return regions;
}

function region(keys: ReadonlyMap<string, readonly string[]>) {
  const tables = new Map<string, Map<string, Cells>>();
  const rows = (table: string) =>
    [...(tables.get(table) ?? new Map<string, Cells>())]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, cells]): Row => {
        const values = Object.entries(cells).map(([name, cell]) => [name, cell?.value ?? null] as const);
        return Object.fromEntries(values);
      });
  return {
    rows,
    take({ cql, params }: Statement): void {
      const [, table = '', names = '', stamped] =
        /^INSERT INTO \w+\.(\w+) \(([^)]+)\) VALUES [^)]+\)( USING (?:TTL \d+ AND )?TIMESTAMP \?)?$/.exec(
          cql,
        ) ?? [];
      if (!table) throw new Error(`not understood here: ${cql}`);
      const columns = names.split(', ');
      const writtenAt = stamped ? BigInt(String(params.at(-1))) : 0n;
      const values = Object.fromEntries(columns.map((name, index) => [name, params[index]]));
      const key = (keys.get(table) ?? []).map((name) => String(values[name])).join('|');
      const found = tables.get(table) ?? new Map<string, Cells>();
      tables.set(table, found);
      const before = found.get(key) ?? {};
      const newer = Object.entries(values).filter(
        ([name, value]) => value !== undefined && (before[name]?.writtenAt ?? -1n) <= writtenAt,
      );
      found.set(key, {
        ...before,
        ...Object.fromEntries(newer.map(([name, value]) => [name, { value, writtenAt }])),
      });
    },
  };
}

function sessionOf(
  of: RegionInMemory,
  write: (statements: readonly Statement[], consistency: Consistency) => Promise<void>,
): CassandraSession {
  return {
    async execute(cql, params, { consistency }) {
      await Promise.resolve();
      const [, table, where] = /^SELECT .+ FROM \w+\.(\w+) WHERE (.+)$/.exec(cql) ?? [];
      if (!table || !where) {
        await write([{ cql, params }], consistency);
        return [];
      }
      const columns = where.split(' AND ').map((one) => one.slice(0, one.indexOf(' ')));
      return of
        .rows(table)
        .filter((row) => columns.every((name, index) => String(row[name]) === String(params[index])));
    },
    batch: (statements, { consistency }) => write(statements, consistency),
    executeIf: () => Promise.resolve(true),
    placementOf: () => undefined,
    schema: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  };
}
