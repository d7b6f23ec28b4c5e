import type { EventEnvelope } from './envelope.ts';
import { MalformedEventError } from './envelope.ts';
import { contextOfAggregate, isAggregateType } from './contexts.ts';
import type { JournalEvent } from './generated/meridian/operations/v1/journal_service.ts';

/** Puts an event into the message that the journal is read by. */
export function toJournalEvent(event: EventEnvelope): JournalEvent {
  const { eventId, position, shard, aggregateType, aggregateId, version, type, time, traceparent } = event;
  const { actor = '' } = event;
  const payload = Buffer.from(event.payload.buffer, event.payload.byteOffset, event.payload.byteLength);
  return {
    eventId,
    position,
    shard,
    aggregateType,
    aggregateId,
    version,
    type,
    traceparent,
    actor,
    payload,
    recordedAt: time,
  };
}

/**
 * Reads an event from that message: the same as Kafka carries, and who asked for it. `journalId` is what the answer says that
 * holds it; empty when the service is too old to say it. Throws MalformedEventError when it is none of ours.
 */
export function fromJournalEvent(event: JournalEvent, journalId = ''): EventEnvelope {
  const { recordedAt, aggregateType, actor, ...rest } = event;
  if (!isAggregateType(aggregateType))
    throw new MalformedEventError(`unknown aggregate type "${aggregateType.slice(0, 40)}"`);
  if (!recordedAt) throw new MalformedEventError(`the event at ${event.position} has no time`);
  const known = {
    ...rest,
    aggregateType,
    context: contextOfAggregate(aggregateType),
    time: recordedAt,
    ...(journalId === '' ? {} : { journalId }),
  };
  return actor === '' ? known : { ...known, actor };
}
