import { fromMessage, isForeignTo, journalIdOf, type EventEnvelope } from '@meridian/contracts';
import type { ReceivedMessage } from '@meridian/messaging';
import { projected, toRecordedEvent, type ProjectedEvent, type Projection } from '@meridian/projection';
import {
  isParked,
  type ParkedAggregate,
  quarantine,
  type QuarantinedMessage,
  UNKNOWN,
} from '@meridian/read-store';
import type { PartitionState } from './partition-state.ts';

/** Messages of a partition, read and sorted. */
export interface Decoded {
  /** The events that are to be applied, with their mutations, by rising position. */
  readonly events: readonly ProjectedEvent[];
  /** The messages that are to be parked, in order. */
  readonly parked: readonly QuarantinedMessage[];
  /**
   * By id: the aggregates that are parked by these messages, or were parked before and get more events. As they are
   * afterwards.
   */
  readonly aggregates: ReadonlyMap<string, ParkedAggregate>;
  /** Events of types that this version of the code does not know. */
  readonly deferred: readonly QuarantinedMessage[];
  /** The last event read, of any kind. */
  readonly last: { readonly position: bigint; readonly eventTime: Date } | undefined;
  /** The offset after the last message read. */
  readonly nextOffset: bigint | undefined;
  /** The index of the message to go on with, when messages are left. */
  readonly goOnAt?: number;
  /** There is no room to quarantine the message at `goOnAt`. */
  readonly isFull?: boolean;
  /** The message at `goOnAt` is of another journal. Neither this message nor a later one may be applied. */
  readonly foreign?: { readonly journalId: string | undefined; readonly offset: string };
}

/** How much a partition quarantines before it is halted. */
export interface ParkingBounds {
  readonly maxAggregates: number;
  readonly maxEventsAnAggregate: number;
  readonly maxDeferred: number;
}

/** Large enough that an operator has time to act before a partition is halted. */
export const PARKING_BOUNDS: ParkingBounds = {
  maxAggregates: 1_000,
  maxEventsAnAggregate: 10_000,
  maxDeferred: 10_000,
};

/**
 * Reads messages of a partition, and drops events that were taken before. An event that cannot be decoded or projected parks
 * its aggregate. Later events of a parked aggregate are parked, too. Ends after an event of an unknown type, or after an event
 * that was deferred before. Ends before an event of another journal than `journalId`, whatever its position is. Changes nothing.
 */
export function decodeBatch(
  messages: readonly ReceivedMessage[],
  state: Pick<PartitionState, 'context' | 'partition' | 'taken' | 'parked' | 'deferred'>,
  projection: Pick<Projection, 'project'>,
  bounds: ParkingBounds = PARKING_BOUNDS,
  journalId?: string,
): Decoded {
  const events: ProjectedEvent[] = [];
  const parked: QuarantinedMessage[] = [];
  const deferred: QuarantinedMessage[] = [];
  const aggregates = new Map<string, ParkedAggregate>();
  let last: Decoded['last'];
  let nextOffset: bigint | undefined;
  const partial = () => ({ events, parked, aggregates, deferred, last, nextOffset });
  const parkedAs = (id: string) => aggregates.get(id) ?? state.parked.get(id);
  const hasRoom = (id: string) => {
    const known = parkedAs(id);
    if (known) return known.events < bounds.maxEventsAnAggregate;
    const added = [...aggregates.keys()].filter((one) => !state.parked.has(one)).length;
    return state.parked.size + added < bounds.maxAggregates;
  };
  const park = (message: QuarantinedMessage) => {
    parked.push(message);
    aggregates.set(message.aggregateId, withOneMore(parkedAs(message.aggregateId), message, state));
  };

  for (const [index, message] of messages.entries()) {
    const before = last?.position ?? state.taken.position;
    const found = readEnvelope(message, state.partition, journalId);
    if ('foreign' in found) return { ...partial(), goOnAt: index, foreign: found.foreign };
    if ('error' in found) {
      const aggregateId = message.key?.toString() ?? UNNAMED;
      if (!hasRoom(aggregateId)) return { ...partial(), goOnAt: index, isFull: true };
      const about = { aggregateType: UNKNOWN, aggregateId, position: before, type: UNKNOWN };
      park(quarantine(message, about, found.error));
    } else if (found.envelope.position > before) {
      const { envelope } = found;
      // Nobody can tell whether a deferred event was applied late in the meantime. So the event is deferred again,
      // even if its type is known now.
      const isKept = state.deferred.has(envelope.position);
      const outcome = isParked(parkedAs(envelope.aggregateId), envelope.position)
        ? 'parked'
        : isKept
          ? 'unknown'
          : readEvent(envelope, projection);
      if (outcome === 'unknown') {
        if (!isKept && state.deferred.size >= bounds.maxDeferred)
          return { ...partial(), goOnAt: index, isFull: true };
        deferred.push(quarantine(message, envelope));
      } else if (outcome === 'parked' || 'error' in outcome) {
        if (!hasRoom(envelope.aggregateId)) return { ...partial(), goOnAt: index, isFull: true };
        park(quarantine(message, envelope, outcome === 'parked' ? undefined : outcome.error));
      } else {
        events.push(outcome);
      }
      last = { position: envelope.position, eventTime: envelope.time };
      nextOffset = BigInt(message.offset) + 1n;
      // No fold may span a deferred event: when it is applied late, its writes must sort between those before and
      // those after it.
      if (outcome === 'unknown') return { ...partial(), goOnAt: index + 1 };
    }
    nextOffset = BigInt(message.offset) + 1n;
  }
  return partial();
}

/** Stands for the aggregate of a message that names none. */
const UNNAMED = '?';

function readEnvelope(
  { headers, value, offset }: ReceivedMessage,
  partition: number,
  journalId: string | undefined,
): { envelope: EventEnvelope } | { error: unknown } | { foreign: NonNullable<Decoded['foreign']> } {
  const named = journalIdOf(headers);
  const foreign = { journalId: named, offset };
  // The header alone decides first: events of another journal may not be readable here.
  if (isForeignTo(journalId, { position: 0n, ...(named ? { journalId: named } : {}) })) return { foreign };
  try {
    const envelope = fromMessage({ partition, headers, value });
    return isForeignTo(journalId, envelope) ? { foreign } : { envelope };
  } catch (error) {
    return { error };
  }
}

function readEvent(
  envelope: EventEnvelope,
  projection: Pick<Projection, 'project'>,
): ProjectedEvent | { error: unknown } | 'unknown' {
  try {
    const event = toRecordedEvent(envelope);
    return event ? projected(projection, event) : 'unknown';
  } catch (error) {
    return { error };
  }
}

function withOneMore(
  known: ParkedAggregate | undefined,
  { aggregateId, aggregateType, position, reason }: QuarantinedMessage,
  { context, partition }: Pick<PartitionState, 'context' | 'partition'>,
): ParkedAggregate {
  if (known) {
    // An event that comes again is counted already.
    const isNew =
      position > known.lastPosition || position < known.firstPosition || aggregateType === UNKNOWN;
    return {
      ...known,
      firstPosition: position < known.firstPosition ? position : known.firstPosition,
      lastPosition: position > known.lastPosition ? position : known.lastPosition,
      events: known.events + (isNew ? 1 : 0),
    };
  }
  return {
    context,
    partition,
    aggregateId,
    aggregateType,
    reason,
    events: 1,
    firstPosition: position,
    lastPosition: position,
    parkedAt: new Date(),
  };
}
