import { readFileSync } from 'node:fs';
import { contextOf, decodeEvent, type EventType } from '@meridian/contracts';
import type { RecordedEvent } from '@meridian/projection';
import { recorded } from '@meridian/projection/testing';

const samples = new URL('../../../../proto/samples/', import.meta.url);

/** An event with the data of its stored sample, recorded for an aggregate of any id. */
export function sampled(
  type: EventType,
  aggregateId: string,
  version: bigint,
  position: bigint,
): RecordedEvent {
  const sample = readFileSync(new URL(`${contextOf(type)}/${type}.v1.binpb`, samples));
  return recorded(aggregateId, version, position, decodeEvent(type, sample));
}
