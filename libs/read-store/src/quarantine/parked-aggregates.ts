import type { CassandraSession, Row } from '@meridian/cassandra';
import { CONTEXTS, type ContextName } from '@meridian/contracts';
import { bigint, int, text, timestamp } from '@meridian/projection';
import { PARKED_AGGREGATE } from './tables.ts';

/** An aggregate whose events are quarantined, from the first that could not be applied on. */
export interface ParkedAggregate {
  readonly context: ContextName;
  readonly partition: number;
  readonly aggregateType: string;
  readonly aggregateId: string;
  /** Why the first of them could not be applied. */
  readonly reason: string;
  /** The position of the first event that is parked: rows show the aggregate as it was before. */
  readonly firstPosition: bigint;
  /** The position of the last one. */
  readonly lastPosition: bigint;
  /** How many of its events are parked. */
  readonly events: number;
  readonly parkedAt: Date;
}

const COLUMNS =
  'context, partition, aggregate_id, aggregate_type, reason, first_position, last_position, events, parked_at';

/** The type of the aggregate and of the event of a message that could not be read. */
export const UNKNOWN = 'unknown';

/**
 * Whether an event belongs to what is parked of its aggregate. An earlier event does not, though it may come again. A
 * process may have applied the event, parked the aggregate, and ended before it recorded its progress.
 */
export function isParked(known: ParkedAggregate | undefined, position: bigint): boolean {
  if (!known || position < known.firstPosition) return false;
  // A message that could not be read has the position of the event before it, which was applied.
  return position > known.firstPosition || known.aggregateType !== UNKNOWN;
}

/**
 * The aggregates that a generation of a read model has parked, as this region knows them, at LOCAL_QUORUM. They are recorded
 * before the progress that passes them: read after a progress, this names every one that the progress includes. One
 * partition of the store, bounded by what a projector parks at most.
 */
export async function parkedAggregates(
  session: CassandraSession,
  keyspace: string,
  projector: string,
  generation: number,
): Promise<readonly ParkedAggregate[]> {
  const rows = await session.execute(
    `SELECT ${COLUMNS} FROM ${keyspace}.${PARKED_AGGREGATE} WHERE projector = ? AND generation = ?`,
    [projector, generation],
    { consistency: 'LOCAL_QUORUM' },
  );
  return rows.flatMap((row) => toParkedAggregate(row) ?? []);
}

interface Owner {
  readonly keyspace: string;
  readonly projector: string;
  readonly generation: number;
}

/** Names a parked aggregate. */
export type ParkedId = Pick<ParkedAggregate, 'context' | 'partition' | 'aggregateId'>;

/** The same list, of the names alone. */
export async function parkedIds(
  session: CassandraSession,
  { keyspace, projector, generation }: Owner,
): Promise<readonly ParkedId[]> {
  const rows = await session.execute(
    `SELECT context, partition, aggregate_id FROM ${keyspace}.${PARKED_AGGREGATE} WHERE projector = ? AND generation = ?`,
    [projector, generation],
    { consistency: 'LOCAL_QUORUM' },
  );
  return rows.flatMap((row) => {
    const context = CONTEXTS.find((name) => name === row['context']);
    const place = { partition: int(row, 'partition'), aggregateId: text(row, 'aggregate_id') };
    return context ? [{ context, ...place }] : [];
  });
}

/** One aggregate, if it is parked, under the same promise as the list; one row, however many there are. */
export async function parkedAggregate(
  session: CassandraSession,
  { keyspace, projector, generation }: Owner,
  { context, partition, aggregateId }: ParkedId,
): Promise<ParkedAggregate | undefined> {
  const [row] = await session.execute(
    `SELECT ${COLUMNS} FROM ${keyspace}.${PARKED_AGGREGATE} WHERE projector = ? AND generation = ? AND context = ? AND partition = ? AND aggregate_id = ?`,
    [projector, generation, context, partition, aggregateId],
    { consistency: 'LOCAL_QUORUM' },
  );
  return row && toParkedAggregate(row);
}

function toParkedAggregate(row: Row): ParkedAggregate | undefined {
  const context = CONTEXTS.find((name) => name === row['context']);
  if (!context) return undefined;
  return {
    context,
    partition: int(row, 'partition'),
    aggregateType: text(row, 'aggregate_type'),
    aggregateId: text(row, 'aggregate_id'),
    reason: text(row, 'reason'),
    firstPosition: bigint(row, 'first_position'),
    lastPosition: bigint(row, 'last_position'),
    events: int(row, 'events'),
    parkedAt: timestamp(row, 'parked_at'),
  };
}
