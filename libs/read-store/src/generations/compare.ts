import { createLimiter } from '@meridian/async';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BoundCell, CassandraSession, Cell, Row } from '@meridian/cassandra';
import { cqlName, type Table } from '@meridian/projection';
import { hasDeclaredKey } from '../rows/table-columns.ts';
import { differenceOfTotals } from './compare-totals.ts';

/** How a sample of a table's partitions compares in two generations. */
export interface TableComparison {
  readonly table: string;
  /** Partitions that were read in both. */
  readonly sampled: number;
  readonly equal: number;
  /**
   * What differs, of some of the others: the partition's key, and which rows and columns. Or that the table has another key
   * in one generation, so that no partition was read.
   */
  readonly differences: readonly string[];
}

const SETTLE_MS = 300;
const SETTLE_TRIES = 10;
const MAX_TOLD = 10;
const READS_IN_FLIGHT = 16;

/**
 * Compares two generations of a table by a random sample of partitions. Half of the sample is chosen from each
 * generation, so that what only one generation has is found. Both move on while they are read: the partitions that
 * differ are read again for some seconds before they count. Columns that only one generation has are left out. A table
 * that has another key in one of them is not read: its rows are other rows.
 */
export async function compareTable(
  session: CassandraSession,
  {
    keyspace,
    table,
    from,
    to,
    samples,
  }: {
    readonly keyspace: string;
    readonly table: Table;
    readonly from: number;
    readonly to: number;
    readonly samples: number;
  },
): Promise<TableComparison> {
  for (const generation of [from, to])
    if (!(await hasDeclaredKey(session, keyspace, table, generation))) {
      const differences = [`has another key in generation ${generation}: not compared`];
      return { table: table.name, sampled: 0, equal: 0, differences };
    }
  const keys = new Map<string, readonly BoundCell[]>();
  for (const generation of [from, to])
    for (const key of await sampleKeys(session, keyspace, table, generation, Math.ceil(samples / 2)))
      keys.set(JSON.stringify(key.map(String)), key);
  let differing: ReadonlyMap<string, string> = new Map([...keys.keys()].map((name) => [name, '']));
  for (let attempt = 1; attempt <= SETTLE_TRIES && differing.size > 0; attempt++) {
    if (attempt > 1) await pause(SETTLE_MS);
    const again = new Map([...keys].filter(([name]) => differing.has(name)));
    differing = await differencesIn(again, async (key) => {
      const read = (generation: number) => readPartition(session, keyspace, table, generation, key);
      const [before, after] = await Promise.all([read(from), read(to)]);
      return differenceOf(table, before, after);
    });
  }

  return {
    table: table.name,
    sampled: keys.size,
    equal: keys.size - differing.size,
    differences: [...differing].slice(0, MAX_TOLD).map(([name, what]) => `${name}: ${what}`),
  };
}

/** What differs, by the partition's name. */
async function differencesIn(
  keys: ReadonlyMap<string, readonly BoundCell[]>,
  differenceAt: (key: readonly BoundCell[]) => Promise<string | undefined>,
): Promise<ReadonlyMap<string, string>> {
  const limiter = createLimiter(READS_IN_FLIGHT);
  const found = new Map<string, string>();
  const look = async (name: string, key: readonly BoundCell[]) => {
    const difference = await differenceAt(key);
    if (difference !== undefined) found.set(name, difference);
  };
  await Promise.all([...keys].map(([name, key]) => limiter(() => look(name, key))));
  return found;
}

async function sampleKeys(
  session: CassandraSession,
  keyspace: string,
  table: Table,
  generation: number,
  count: number,
): Promise<readonly (readonly BoundCell[])[]> {
  const columns = Object.keys(table.partitionKey).join(', ');
  const cql = `SELECT DISTINCT ${columns} FROM ${keyspace}.${cqlName(table, generation)} WHERE token(${columns}) >= ? LIMIT ?`;
  // From a random place of the ring on, and from its beginning for what is missing at its end.
  const place = randomBytes(8).readBigInt64BE();
  const rows: Row[] = [];
  for (const start of [place, -(2n ** 63n)]) {
    if (rows.length >= count) break;
    rows.push(...(await session.execute(cql, [start, count - rows.length], { consistency: 'LOCAL_QUORUM' })));
  }
  return rows.map((row) => Object.keys(table.partitionKey).map((column) => bound(row[column])));
}

function bound(cell: Cell | undefined): BoundCell {
  return cell === null ? undefined : cell;
}

function readPartition(
  session: CassandraSession,
  keyspace: string,
  table: Table,
  generation: number,
  key: readonly BoundCell[],
): Promise<readonly Row[]> {
  const where = Object.keys(table.partitionKey)
    .map((column) => `${column} = ?`)
    .join(' AND ');
  const cql = `SELECT * FROM ${keyspace}.${cqlName(table, generation)} WHERE ${where}`;
  return session.execute(cql, key, { consistency: 'LOCAL_QUORUM' });
}

/** The first difference of two readings of a partition, in words; undefined when there is none. */
export function differenceOf(
  table: Table,
  before: readonly Row[],
  after: readonly Row[],
): string | undefined {
  if (table.kind === 'totals') return differenceOfTotals(table, before, after);
  const clustering = Object.keys(table.clusteringKey);
  const nameOf = (row: Row) => clustering.map((column) => String(row[column])).join('/') || 'its row';
  const [first, second] = [byName(before, nameOf), byName(after, nameOf)];
  const columns = [...Object.keys(table.columns), ...Object.keys(table.staticColumns)];
  for (const name of new Set([...first.keys(), ...second.keys()])) {
    const [old, fresh] = [first.get(name), second.get(name)];
    if (!old || !fresh) return `${name} is only in the ${old ? 'first' : 'second'}`;
    for (const column of columns) {
      if (!(column in old) || !(column in fresh)) continue;
      if (textOf(old[column]) !== textOf(fresh[column]))
        return `${name}: ${column} is ${textOf(old[column])} and ${textOf(fresh[column])}`;
    }
  }
  return undefined;
}

function byName(rows: readonly Row[], nameOf: (row: Row) => string): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [nameOf(row), row]));
}

function textOf(cell: Cell | undefined): string {
  if (cell instanceof Date) return cell.toISOString();
  return Buffer.isBuffer(cell) ? cell.toString('hex') : String(cell);
}
