import {
  answerStatement,
  BEGUN,
  parkedAggregate,
  type ParkedAggregate,
  type ParkingRequest,
} from '@meridian/read-store';
import type { PartitionState } from '../partition/partition-state.ts';
import { keepsTotals, RegionsMissingError, writeEverywhere, type LateParts } from './apply-late.ts';
import { discardParked, forgetParked, retryParked, type ParkingResult } from './retry-parked.ts';
import { tellDecision } from './tell-decision.ts';

/** A request that cannot be executed yet. */
export interface Waiting {
  readonly waitsFor: string;
  /** Whether a retry may have begun: see ParkingRequest. */
  readonly hasBegunRetry: boolean;
}

/**
 * Executes what an operator asked for. First, the recorded progress must have passed the parked events: until then,
 * Kafka gives these events again. A discard waits for the progress of every region: a region that catches up would
 * still apply the events. Where totals are kept, a retry waits, too. A region that was behind, and became home then, would add the
 * events to its totals once more. It waits as well while a region does not take what is decided.
 *
 * A retry that has begun comes to its end in every region, also when a discard was asked for meanwhile. Regions may have its rows
 * already. The discard gives up what is left.
 */
export async function executeRequest(
  parts: LateParts,
  state: PartitionState,
  request: ParkingRequest,
): Promise<ParkingResult | Waiting> {
  try {
    return await execute(parts, state, request);
  } catch (error) {
    if (!(error instanceof RegionsMissingError)) throw error;
    const hasBegunRetry = request.hasBegunRetry || request.action === 'retry';
    return { waitsFor: `waits for region ${error.regions.join(', ')} to take it`, hasBegunRetry };
  }
}

async function execute(
  parts: LateParts,
  state: PartitionState,
  request: ParkingRequest,
): Promise<ParkingResult | Waiting> {
  const { aggregateId, action } = request;
  const known = state.parked.get(aggregateId);
  const aggregate = known ?? (await stored(parts, state, aggregateId));
  if (!aggregate) {
    // Another process may have taken the aggregate off the list, and ended before it recorded the decision.
    await tellDecision(parts, state);
    return { outcome: 'done', detail: 'nothing of it is parked' };
  }
  const isOurs = known !== undefined || aggregate.firstPosition <= state.takenOverAt;
  if (isOurs) state.park(aggregate);
  const homeIsEnough = isOurs && action === 'retry' && !keepsTotals(parts.projection);
  const waitsFor = missing(parts, state, aggregate, homeIsEnough);
  if (waitsFor) return { waitsFor, hasBegunRetry: request.hasBegunRetry };
  if (isOurs)
    return action === 'retry'
      ? retry(parts, state, aggregate, request)
      : discard(parts, state, aggregate, request);
  await forgetParked(parts, state, aggregate);
  return {
    outcome: 'done',
    detail: 'nothing of it was parked: another process had not heard that it was applied',
  };
}

async function retry(
  parts: LateParts,
  state: PartitionState,
  aggregate: ParkedAggregate,
  request: ParkingRequest,
): Promise<ParkingResult> {
  const begun = answerStatement(parts.owner, request, BEGUN, 'the retry has begun');
  if (!request.hasBegunRetry) await writeEverywhere(parts.store, [begun]);
  return retryParked(parts, state, aggregate);
}

async function discard(
  parts: LateParts,
  state: PartitionState,
  aggregate: ParkedAggregate,
  request: ParkingRequest,
): Promise<ParkingResult> {
  if (!request.hasBegunRetry) return discardParked(parts, state, aggregate);
  const retried = await retryParked(parts, state, aggregate);
  const rest = state.parked.get(aggregate.aggregateId);
  const { outcome, detail } = rest ? await discardParked(parts, state, rest) : retried;
  const before = `a retry had begun: ${retried.detail}`;
  return { outcome, detail: rest ? `${before}; then: ${detail}` : before };
}

/** An aggregate that is parked in the store and unknown here. Its process did not know yet that it had lost the partition. */
function stored(
  { session, owner }: LateParts,
  { context, partition }: PartitionState,
  aggregateId: string,
): Promise<ParkedAggregate | undefined> {
  return parkedAggregate(session, owner, { context, partition, aggregateId });
}

function missing(
  { store }: LateParts,
  state: PartitionState,
  { lastPosition }: ParkedAggregate,
  homeIsEnough: boolean,
): string | undefined {
  const [home = '', ...others] = store.regions;
  if (state.ackedPosition(home) < lastPosition) return `waits for the partition to come to ${lastPosition}`;
  const behind = homeIsEnough ? [] : others.filter((region) => state.ackedPosition(region) < lastPosition);
  return behind.length === 0 ? undefined : `waits for region ${behind.join(', ')} to catch up`;
}
