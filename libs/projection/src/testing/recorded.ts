import { aggregateTypeOf, contextOf, type DomainEvent, type RecordedEvent } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';

/** An event of an aggregate as the journal has it; recorded at a time that follows from its position. */
export function recorded(
  aggregateId: string,
  version: bigint,
  position: bigint,
  event: DomainEvent,
): RecordedEvent {
  return {
    eventId: `event-${position}`,
    position,
    shard: shardOf(aggregateId),
    context: contextOf(event.type),
    aggregateType: aggregateTypeOf(event.type),
    aggregateId,
    version,
    time: new Date(Date.UTC(2026, 0, 1) + Number(position) * 1_000),
    traceparent: '',
    payload: new Uint8Array(),
    ...event,
  };
}
