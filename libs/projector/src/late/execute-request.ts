import {
  decisionStatement,
  parkedAggregate,
  type ParkedAggregate,
  type ParkingRequest,
} from '@meridian/read-store';
import type { PartitionState } from '../partition/partition-state.ts';
import { writeEverywhere, type LateParts } from './apply-late.ts';
import { discardParked, forgetParked, retryParked, type ParkingResult } from './retry-parked.ts';

/** A request that cannot be executed yet. */
export interface Waiting {
  readonly waitsFor: string;
}

/**
 * Executes what an operator asked for. First, the recorded progress must have passed the parked events: until then,
 * Kafka gives these events again. A discard waits for the progress of every region: a region that catches up would
 * still apply the events.
 */
export async function executeRequest(
  parts: LateParts,
  state: PartitionState,
  { aggregateId, action }: ParkingRequest,
): Promise<ParkingResult | Waiting> {
  const known = state.parked.get(aggregateId);
  const aggregate = known ?? (await stored(parts, state, aggregateId));
  if (!aggregate) {
    // Another process may have taken the aggregate off the list, and ended before it recorded the decision.
    await writeEverywhere(parts.store, [decisionStatement(parts.owner, state)]);
    return { outcome: 'done', detail: 'nothing of it is parked' };
  }
  const isOurs = known !== undefined || aggregate.firstPosition <= state.takenOverAt;
  if (isOurs) state.park(aggregate);
  const waitsFor = missing(parts, state, aggregate, isOurs && action === 'retry');
  if (waitsFor) return { waitsFor };
  if (isOurs)
    return action === 'retry' ? retryParked(parts, state, aggregate) : discardParked(parts, state, aggregate);
  await forgetParked(parts, state, aggregate);
  return {
    outcome: 'done',
    detail: 'nothing of it was parked: another process had not heard that it was applied',
  };
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
