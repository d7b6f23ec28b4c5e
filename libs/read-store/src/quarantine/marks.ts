import { randomUUID } from 'node:crypto';
import type { CassandraSession, Row, Statement } from '@meridian/cassandra';
import { CONTEXTS } from '@meridian/contracts';
import { bigint, int } from '@meridian/projection';
import type { ParkedAggregate } from './parked-aggregates.ts';
import type { ParkingOwner, PartitionOf } from './parked-events.ts';
import { clockTimestamp } from './clock-timestamp.ts';
import { DEFERRED_MARK, PARKED_MARK } from './tables.ts';

/** Tells readers whether the list of a partition's parked aggregates changed, so that they need not read the list itself. */
export interface ParkedMark extends PartitionOf {
  /** Up to where events of the partition were ever parked; 0 when only a decision was recorded. It never goes back. */
  readonly lastPosition: bigint;
  /** Names the last retry or discard that changed the list; empty before the first. */
  readonly decision: string;
}

/**
 * The statement that says up to where a partition's events were parked. It is written with the list, before the progress that
 * passes the events. Its timestamp is that of the last event, so a late, older mark changes nothing.
 */
export function parkedMarkStatement(owner: ParkingOwner, of: PartitionOf, lastPosition: bigint): Statement {
  return markStatement(PARKED_MARK, 'last_position', owner, of, lastPosition);
}

/** The highest position of what is parked, for its mark; undefined when nothing is. */
export function lastParked(
  events: readonly { readonly position: bigint }[],
  aggregates: Iterable<Pick<ParkedAggregate, 'lastPosition'>>,
): bigint | undefined {
  let last: bigint | undefined;
  const take = (position: bigint) => {
    if (last === undefined || position > last) last = position;
  };
  for (const { position } of events) take(position);
  for (const { lastPosition } of aggregates) take(lastPosition);
  return last;
}

/** A retry or a discard that changed the list of a partition's parked aggregates. The clock orders decisions. */
export interface ParkingDecision {
  readonly name: string;
  readonly timestamp: bigint;
}

/** Names a decision that was taken just now. */
export const newDecision = (): ParkingDecision => ({ name: randomUUID(), timestamp: clockTimestamp() });

/**
 * The statement that says that an operator's decision changed the list. It is written after the change. A reader that misses a
 * decision shows an aggregate as parked until its next regular look, and never the other way round.
 */
export function decisionStatement(
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition }: PartitionOf,
  { name, timestamp }: ParkingDecision,
): Statement {
  return {
    cql: `INSERT INTO ${keyspace}.${PARKED_MARK} (projector, generation, context, partition, decision) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?`,
    params: [projector, generation, context, partition, name, timestamp],
  };
}

/** Tells readers up to where events of a partition were ever deferred, whether they were applied since or not. */
export interface DeferredMark extends PartitionOf {
  readonly lastPosition: bigint;
}

/** The statement that says up to where a partition's events were ever deferred. It is written with the events, as that of parked ones is. */
export function deferredMarkStatement(owner: ParkingOwner, of: PartitionOf, lastPosition: bigint): Statement {
  return markStatement(DEFERRED_MARK, 'last_position', owner, of, lastPosition);
}

/**
 * The statement that says up to where a partition's events were ever discarded. It is written to every region before the
 * first of these events is forgotten.
 */
export function discardedMarkStatement(
  owner: ParkingOwner,
  of: PartitionOf,
  lastPosition: bigint,
): Statement {
  return markStatement(PARKED_MARK, 'discarded_up_to', owner, of, lastPosition);
}

function markStatement(
  table: string,
  column: string,
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition }: PartitionOf,
  lastPosition: bigint,
): Statement {
  return {
    cql: `INSERT INTO ${keyspace}.${table} (projector, generation, context, partition, ${column}) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?`,
    params: [projector, generation, context, partition, lastPosition, 2n * lastPosition + 1n],
  };
}

/**
 * The marks of a read model's generation as this region knows them, at LOCAL_QUORUM. There is one small row per
 * partition of which anything was ever parked. Read after a progress, they name every parked event that the progress
 * passes.
 */
async function parkedMarks(session: CassandraSession, owner: ParkingOwner): Promise<readonly ParkedMark[]> {
  const rows = await markRows(session, owner, PARKED_MARK, 'last_position, decision');
  return rows.map(({ row, ...place }) => {
    const { decision } = row;
    const said = typeof decision === 'string' ? decision : '';
    return { ...place, lastPosition: positionIn(row, 'last_position'), decision: said };
  });
}

/** The same of deferred events: there is one small row per partition of which anything was ever deferred. */
export async function deferredMarks(
  session: CassandraSession,
  owner: ParkingOwner,
): Promise<readonly DeferredMark[]> {
  const rows = await markRows(session, owner, DEFERRED_MARK, 'last_position');
  return rows.map(({ row, ...place }) => ({ ...place, lastPosition: bigint(row, 'last_position') }));
}

/** Tells projectors up to where events of a partition were ever discarded. */
export interface DiscardedMark extends PartitionOf {
  readonly lastPosition: bigint;
}

/** The same of discarded events; 0 where an operator only retried some. */
export async function discardedMarks(
  session: CassandraSession,
  owner: ParkingOwner,
): Promise<readonly DiscardedMark[]> {
  const rows = await markRows(session, owner, PARKED_MARK, 'discarded_up_to');
  return rows.map(({ row, ...place }) => ({ ...place, lastPosition: positionIn(row, 'discarded_up_to') }));
}

/** The rows of a table of marks, with whose they are. */
async function markRows(
  session: CassandraSession,
  { keyspace, projector, generation }: ParkingOwner,
  table: string,
  columns: string,
): Promise<readonly (PartitionOf & { readonly row: Row })[]> {
  const rows = await session.execute(
    `SELECT context, partition, ${columns} FROM ${keyspace}.${table} WHERE projector = ? AND generation = ?`,
    [projector, generation],
    { consistency: 'LOCAL_QUORUM' },
  );
  return rows.flatMap((row) => {
    const context = CONTEXTS.find((name) => name === row['context']);
    return context ? [{ context, partition: int(row, 'partition'), row }] : [];
  });
}

/** A position that may never have been written; 0 then. */
const positionIn = (row: Row, name: string): bigint => (typeof row[name] === 'bigint' ? row[name] : 0n);

/** The marks of both kinds. */
export interface Marks {
  readonly parked: readonly ParkedMark[];
  readonly deferred: readonly DeferredMark[];
}

/** All marks of a read model's generation, read at once. */
export async function quarantineMarks(session: CassandraSession, owner: ParkingOwner): Promise<Marks> {
  const [parked, deferred] = await Promise.all([parkedMarks(session, owner), deferredMarks(session, owner)]);
  return { parked, deferred };
}
