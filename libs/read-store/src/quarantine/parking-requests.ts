import { randomUUID } from 'node:crypto';
import type { CassandraSession, Row, Statement } from '@meridian/cassandra';
import { CONTEXTS, type ContextName } from '@meridian/contracts';
import { int, text, timestamp } from '@meridian/projection';
import type { ParkedAggregate } from './parked-aggregates.ts';
import type { ParkingOwner } from './parked-events.ts';
import { clockTimestamp } from './clock-timestamp.ts';
import { PARKING_REQUEST } from './tables.ts';

/** Apply the parked events with the code as it is now, or give them up. */
export type ParkingAction = 'retry' | 'discard';
/** `done`: nothing is parked any more. `failed`: what could be applied was; the rest is parked still. */
export type ParkingOutcome = 'done' | 'failed';

/** What an operator asked for, and what came of it. */
export interface ParkingRequest {
  readonly context: ContextName;
  readonly partition: number;
  readonly aggregateId: string;
  readonly requestId: string;
  readonly action: ParkingAction;
  readonly requestedAt: Date;
  /**
   * A retry of the aggregate has begun, by this request or by one that this request took the place of. Some regions may have its rows, so
   * it has to come to its end in all of them.
   */
  readonly hasBegunRetry: boolean;
  /** Not there while the owner of the partition has not answered. */
  readonly outcome?: ParkingOutcome;
  /** What came of it, or what it waits for. */
  readonly detail: string;
}

/** Not an outcome: it is still to be done. */
export const WAITS = 'waits';
/** Not an outcome either: a retry has begun. It stays until there is an outcome, whatever is asked for meanwhile. */
export const BEGUN = 'begun';

/** Requests and answers are kept for 30 days: every look for open requests reads all that are kept. */
const KEPT_S = 30 * 86_400;

type Whose = Pick<ParkedAggregate, 'context' | 'partition' | 'aggregateId'>;
const COLUMNS =
  'context, partition, aggregate_id, request_id, action, requested_at, finished_id, outcome, detail';

/**
 * Asks the owner of the partition to retry or discard; a later request takes the place of an earlier one. Gives its id. A request that
 * is not answered for 30 days is forgotten.
 */
export async function askToRetryOrDiscard(
  session: CassandraSession,
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition, aggregateId }: Whose,
  action: ParkingAction,
): Promise<string> {
  const requestId = randomUUID();
  await session.execute(
    `INSERT INTO ${keyspace}.${PARKING_REQUEST} (projector, generation, context, partition, aggregate_id, request_id, action, requested_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TTL ${KEPT_S} AND TIMESTAMP ?`,
    [projector, generation, context, partition, aggregateId, requestId, action, new Date(), clockTimestamp()],
    { consistency: 'EACH_QUORUM' },
  );
  return requestId;
}

/** The last request for an aggregate, with its outcome if there is one. */
export async function readParkingRequest(
  session: CassandraSession,
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition, aggregateId }: Whose,
): Promise<ParkingRequest | undefined> {
  const [row] = await session.execute(
    `SELECT ${COLUMNS} FROM ${keyspace}.${PARKING_REQUEST} WHERE projector = ? AND generation = ? AND context = ? AND partition = ? AND aggregate_id = ?`,
    [projector, generation, context, partition, aggregateId],
    { consistency: 'LOCAL_QUORUM' },
  );
  return row && toRequest(row);
}

/** The requests that nobody has answered. */
export async function openRequests(
  session: CassandraSession,
  { keyspace, projector, generation }: ParkingOwner,
): Promise<readonly ParkingRequest[]> {
  const rows = await session.execute(
    `SELECT ${COLUMNS} FROM ${keyspace}.${PARKING_REQUEST} WHERE projector = ? AND generation = ?`,
    [projector, generation],
    { consistency: 'LOCAL_QUORUM' },
  );
  return rows.flatMap((row) => toRequest(row) ?? []).filter(({ outcome }) => outcome === undefined);
}

/** Answers a request, in every region. */
export async function finishRequest(
  session: CassandraSession,
  owner: ParkingOwner,
  request: ParkingRequest,
  { outcome, detail }: { readonly outcome: ParkingOutcome; readonly detail: string },
): Promise<void> {
  const { cql, params } = answerStatement(owner, request, outcome, detail);
  await session.execute(cql, params, { consistency: 'EACH_QUORUM' });
}

/** The statement that records an answer, what a request waits for, or that a retry has begun. */
export function answerStatement(
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition, aggregateId, requestId }: ParkingRequest,
  outcome: ParkingOutcome | typeof WAITS | typeof BEGUN,
  detail: string,
): Statement {
  return {
    cql: `INSERT INTO ${keyspace}.${PARKING_REQUEST} (projector, generation, context, partition, aggregate_id, finished_id, outcome, detail, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TTL ${KEPT_S} AND TIMESTAMP ?`,
    params: [
      projector,
      generation,
      context,
      partition,
      aggregateId,
      requestId,
      outcome,
      detail,
      new Date(),
      clockTimestamp(),
    ],
  };
}

function toRequest(row: Row): ParkingRequest | undefined {
  const context = CONTEXTS.find((name) => name === row['context']);
  const { request_id: requestId, action, finished_id: finishedId, outcome, detail } = row;
  if (!context || typeof requestId !== 'string' || (action !== 'retry' && action !== 'discard'))
    return undefined;
  const isOfThis = finishedId === requestId;
  const isFinished = isOfThis && (outcome === 'done' || outcome === 'failed');
  return {
    context,
    requestId,
    action,
    partition: int(row, 'partition'),
    aggregateId: text(row, 'aggregate_id'),
    requestedAt: timestamp(row, 'requested_at'),
    hasBegunRetry: outcome === BEGUN,
    detail: isOfThis && typeof detail === 'string' ? detail : '',
    ...(isFinished ? { outcome } : {}),
  };
}
