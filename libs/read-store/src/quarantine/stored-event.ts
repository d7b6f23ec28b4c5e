import type { Row } from '@meridian/cassandra';
import { fromMessage } from '@meridian/contracts';
import { bigint, type RecordedEvent, text, toRecordedEvent } from '@meridian/projection';
import { parseHeaders, type QuarantinedMessage } from './quarantined-message.ts';

/** A message that was quarantined, as it is kept. */
export interface StoredEvent extends Omit<QuarantinedMessage, 'aggregateType'> {
  readonly partition: number;
}

/** Reads one back. */
export function toStoredEvent(row: Row, partition: number): StoredEvent {
  const { payload, reason } = row;
  return {
    partition,
    aggregateId: text(row, 'aggregate_id'),
    position: bigint(row, 'position'),
    offset: bigint(row, 'kafka_offset'),
    type: text(row, 'type'),
    headers: text(row, 'headers'),
    payload: Buffer.isBuffer(payload) ? payload : undefined,
    reason: typeof reason === 'string' ? reason : '',
  };
}

/** An event of a type that this version of the code does not know. */
export class UnknownEventTypeError extends Error {
  override readonly name = 'UnknownEventTypeError';
}

/** Decodes it with the code as it is now. Throws when it still cannot be. */
export function decodeStored({ headers, payload, partition, type }: StoredEvent): RecordedEvent {
  const event = toRecordedEvent(
    fromMessage({ partition, headers: parseHeaders(headers), value: payload ?? null }),
  );
  if (!event) throw new UnknownEventTypeError(`this version does not know events of type ${type}`);
  return event;
}
