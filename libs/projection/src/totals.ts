import type { CassandraSession, Row } from '@meridian/cassandra';
import { keyText, type Contribution, type FoldedRow } from './fold.ts';
import type { RowWriter } from './row-writer.ts';
import { KAFKA_PARTITION, LAST_POSITION, type Table } from './table.ts';

interface Total {
  readonly table: Table;
  readonly key: Readonly<Record<string, FoldedRow['key'][string]>>;
  lastPosition: bigint;
  sums: Record<string, bigint>;
  labels: Record<string, string>;
}

/**
 * The running totals of the partitions that this process owns. One row a (key, Kafka partition) holds the sum and the last
 * position in it, so a contribution is in it exactly when its position is not above that. Rows are read at LOCAL_QUORUM when
 * they are first needed and forgotten when the partition goes.
 */
export interface Totals {
  /** Adds contributions of one partition, given by rising position, and gives the rows to write. */
  add(kafkaPartition: number, contributions: readonly Contribution[]): Promise<readonly FoldedRow[]>;
  /** Forgets one partition's totals, or all: they may be another process' by now, or the write of them failed. */
  forget(kafkaPartition?: number): void;
}

const MAX_KEPT_ROWS = 20_000;

async function load(
  session: CassandraSession,
  writer: RowWriter,
  { table, key }: Pick<Contribution, 'table' | 'key'>,
  kafkaPartition: number,
): Promise<Total> {
  const fullKey = { ...key, [KAFKA_PARTITION]: kafkaPartition };
  const { cql, columns } = writer.statements(table).select;
  const params = columns.map((name) => (name === KAFKA_PARTITION ? kafkaPartition : key[name]));
  const [row] = await session.execute(cql, params, { consistency: 'LOCAL_QUORUM' });
  return { table, key: fullKey, ...stored(table, row) };
}

/**
 * The totals that contributions of a partition are in, as the store has them: absolute rows with the timestamp of the last
 * event in them, so that writing them again, or after a newer one, changes nothing.
 */
export async function storedTotals(
  session: CassandraSession,
  writer: RowWriter,
  kafkaPartition: number,
  contributions: readonly Contribution[],
): Promise<readonly FoldedRow[]> {
  const distinct = new Map(contributions.map((one) => [`${one.table.name}|${keyText(one.key)}`, one]));
  const totals = await Promise.all(
    [...distinct.values()].map((one) => load(session, writer, one, kafkaPartition)),
  );
  return totals.filter(({ lastPosition }) => lastPosition > 0n).map(toRow);
}

/**
 * The totals' rows of one event alone, absolute: writing them again, in any order with others, changes nothing. Throws when the
 * rows of that number are another event's.
 */
export async function soleTotals(
  session: CassandraSession,
  writer: RowWriter,
  share: number,
  contributions: readonly Contribution[],
): Promise<readonly FoldedRow[]> {
  const totals = new Map<string, Total>();
  for (const contribution of contributions) {
    const id = `${contribution.table.name}|${keyText(contribution.key)}`;
    let total = totals.get(id);
    if (!total) {
      total = await load(session, writer, contribution, share);
      if (total.lastPosition !== 0n && total.lastPosition !== contribution.position)
        throw new Error(`the share ${share} of a total is that of another event, ${total.lastPosition}`);
      Object.assign(total, stored(contribution.table, undefined));
      totals.set(id, total);
    }
    addTo(total, contribution);
  }
  return [...totals.values()].map(toRow);
}

/** Makes the totals of one generation. */
export function createTotals(session: CassandraSession, writer: RowWriter): Totals {
  const kept = new Map<number, Map<string, Total>>();

  return {
    async add(kafkaPartition, contributions) {
      const totals = kept.get(kafkaPartition) ?? new Map<string, Total>();
      kept.set(kafkaPartition, totals);
      const missing = new Map<string, Promise<Total>>();
      for (const { table, key } of contributions) {
        const id = `${table.name}|${keyText(key)}`;
        if (!totals.has(id) && !missing.has(id))
          missing.set(id, load(session, writer, { table, key }, kafkaPartition));
      }
      await Promise.all(missing.values());
      for (const [id, total] of missing) totals.set(id, await total);
      const changed = new Set<Total>();
      // What one event adds to one row in several steps is one contribution: the row's position may only be compared
      // with what was there before the event.
      const before = new Map<Total, bigint>();
      for (const contribution of contributions) {
        const total = totals.get(`${contribution.table.name}|${keyText(contribution.key)}`);
        if (!total) throw new Error('a total was not loaded');
        if (!before.has(total)) before.set(total, total.lastPosition);
        if (contribution.position <= (before.get(total) ?? 0n)) continue;
        addTo(total, contribution);
        changed.add(total);
      }
      const rows = [...changed].map(toRow);
      if (totals.size > MAX_KEPT_ROWS) kept.delete(kafkaPartition);
      return rows;
    },
    forget(kafkaPartition) {
      if (kafkaPartition === undefined) kept.clear();
      else kept.delete(kafkaPartition);
    },
  };
}

function stored(table: Table, row: Row | undefined): Pick<Total, 'lastPosition' | 'sums' | 'labels'> {
  const sums: Record<string, bigint> = {};
  const labels: Record<string, string> = {};
  for (const [name, type] of Object.entries(table.columns)) {
    const value = row?.[name];
    if (type === 'bigint') sums[name] = typeof value === 'bigint' ? value : 0n;
    else if (typeof value === 'string') labels[name] = value;
  }
  const lastPosition = row?.[LAST_POSITION];
  return { sums, labels, lastPosition: typeof lastPosition === 'bigint' ? lastPosition : 0n };
}

function addTo(total: Total, { addends, labels, position }: Contribution): void {
  for (const [name, addend] of Object.entries(addends)) total.sums[name] = (total.sums[name] ?? 0n) + addend;
  Object.assign(total.labels, labels);
  total.lastPosition = position;
}

function toRow(total: Total): FoldedRow {
  const { table, key, sums, labels, lastPosition } = total;
  const cells = { ...sums, ...labels, [LAST_POSITION]: lastPosition };
  return { table, key, isStatic: false, writtenAt: 2n * lastPosition + 1n, cells };
}
