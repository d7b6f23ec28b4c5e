import { createHash } from 'node:crypto';
import { aggregateTypeOf, contextOf, type DomainEvent } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { Mutation, Projection, RecordedEvent } from '@meridian/projection';

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

/** What a projection makes of events, in short: table, kind and values. */
export function mutationsOf(projection: Projection, ...events: readonly RecordedEvent[]) {
  return events.flatMap((event) => projection.project(event)).map(short);
}

function short({ table, kind, key, ...rest }: Mutation) {
  return { table: table.name, kind, key, ...rest };
}

/** A hash of what a projection makes of events: when it changes, the generation has to. */
export function goldenHash(projection: Projection, events: readonly RecordedEvent[]): string {
  const text = JSON.stringify(mutationsOf(projection, ...events), (_name, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  return createHash('sha256').update(text).digest('hex');
}
