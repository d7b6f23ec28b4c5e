import { projected, type ProjectedEvent } from '@meridian/projection';
import {
  decodeStored,
  discardedMarkStatement,
  forgetStatement,
  type ParkedAggregate,
  parkedEvents,
  type ParkingOutcome,
  parkStatement,
  reasonOf,
  type StoredEvent,
  unparkStatement,
} from '@meridian/read-store';
import type { PartitionState } from '../partition/partition-state.ts';
import { applyLate, writeEverywhere, type LateParts } from './apply-late.ts';
import { mendLists } from './mend-lists.ts';
import { tellDecision } from './tell-decision.ts';

/** What came of a retry or a discard. */
export interface ParkingResult {
  readonly outcome: ParkingOutcome;
  readonly detail: string;
}

/**
 * Gives up an aggregate's parked events, in every region: the aggregate's next event is applied again. Before, the
 * projection mends the lists in which its events move an aggregate: see `mendLists`. A region that lacks the events, since it is
 * added afterwards, is not brought back from Kafka.
 */
export async function discardParked(
  parts: LateParts,
  state: PartitionState,
  aggregate: ParkedAggregate,
): Promise<ParkingResult> {
  await mendLists(parts, aggregate);
  await writeEverywhere(parts.store, [
    discardedMarkStatement(parts.owner, aggregate, aggregate.lastPosition),
  ]);
  await forgetParked(parts, state, aggregate);
  return { outcome: 'done', detail: `${aggregate.events} events discarded` };
}

/**
 * Takes an aggregate off the list of parked aggregates, in every region, and deletes its stored events: they are
 * applied, or given up.
 */
export async function forgetParked(
  { store, owner }: LateParts,
  state: PartitionState,
  aggregate: ParkedAggregate,
): Promise<void> {
  await writeEverywhere(store, [forgetStatement(owner, aggregate, aggregate.lastPosition)]);
  await writeEverywhere(store, [unparkStatement(owner, aggregate)]);
  await tellDecision({ store, owner }, aggregate);
  state.unpark(aggregate.aggregateId);
}

/**
 * Applies an aggregate's parked events in order and in every region, with the code as it is now. The first event that
 * still cannot be applied, and all that follow, stay parked.
 */
export async function retryParked(
  parts: LateParts,
  state: PartitionState,
  aggregate: ParkedAggregate,
): Promise<ParkingResult> {
  const { store, owner, session } = parts;
  const stored = await parkedEvents(session, owner, aggregate);
  const { events, failed } = readable(parts, stored);
  if (events.length > 0) await applyLate(parts, state, aggregate.aggregateId, events);
  if (!failed) {
    await forgetParked(parts, state, aggregate);
    return { outcome: 'done', detail: `${events.length} events applied` };
  }
  const { event, error } = failed;
  const rest: ParkedAggregate = {
    ...aggregate,
    reason: reasonOf(error),
    firstPosition: event.position,
    events: stored.length - stored.indexOf(event),
  };
  await writeEverywhere(store, [forgetStatement(owner, aggregate, event.position - 1n)]);
  await writeEverywhere(store, [parkStatement(owner, rest, 2n * rest.lastPosition + 2n)]);
  await tellDecision(parts, rest);
  state.park(rest);
  return { outcome: 'failed', detail: `${events.length} events applied; then: ${rest.reason}` };
}

interface Readable {
  readonly events: readonly ProjectedEvent[];
  readonly failed?: { readonly event: StoredEvent; readonly error: unknown };
}

function readable({ projection }: LateParts, stored: readonly StoredEvent[]): Readable {
  const events: ProjectedEvent[] = [];
  for (const event of stored) {
    try {
      const recorded = decodeStored(event);
      // One event is stored once for each offset at which Kafka gave the event.
      if ((events.at(-1)?.event.position ?? 0n) < recorded.position)
        events.push(projected(projection, recorded));
    } catch (error) {
      return { events, failed: { event, error } };
    }
  }
  return { events };
}
