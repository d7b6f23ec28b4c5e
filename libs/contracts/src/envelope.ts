import { AGGREGATE_TYPES, contextOfAggregate, type AggregateType, type ContextName } from './contexts.ts';

/** What the journal knows of an event besides its data. Position, and never a Kafka offset, is its identity in time. */
export interface EventEnvelope {
  /** UUIDv7, unique. */
  readonly eventId: string;
  /** Its place in commit order over the whole system: no gaps, rising. */
  readonly position: bigint;
  /** The shard of the aggregate's id, and the Kafka partition. */
  readonly shard: number;
  readonly context: ContextName;
  readonly aggregateType: AggregateType;
  readonly aggregateId: string;
  /** The aggregate's version after this event: 1, 2, 3 … without gaps. */
  readonly version: bigint;
  /** The short type name; may be one that this version of the code does not know. */
  readonly type: string;
  /** When it was recorded, by the database's writer. */
  readonly time: Date;
  /** W3C trace context of the command that caused it; empty when it was not traced. */
  readonly traceparent: string;
  /** The id of the journal that holds it. Events that a version before journals had ids published name none. */
  readonly journalId?: string;
  /** Who asked for it, as the journal knows; Kafka does not carry it. */
  readonly actor?: string;
  /** The event's data in protobuf's binary form. */
  readonly payload: Uint8Array;
}

/** CloudEvents 1.0, Kafka protocol binding, binary mode; plus our extension attributes. */
const HEADER = {
  specVersion: 'ce_specversion',
  id: 'ce_id',
  type: 'ce_type',
  source: 'ce_source',
  subject: 'ce_subject',
  time: 'ce_time',
  contentType: 'content-type',
  position: 'ce_position',
  version: 'ce_aggregateversion',
  journalId: 'ce_journalid',
  traceparent: 'traceparent',
} as const;

/** Marks a message that an operator had sent again: its position says nothing of how far its partition is. */
export const REPUBLISHED_HEADER = 'ce_republished';

/** No journal gives a position above this: whatever is made of it, such as 2p + 1, fits in every number that holds it. */
export const MAX_POSITION: bigint = 2n ** 53n;

/**
 * Whether an event cannot be of this journal: it names another one, or has a position that no journal gives. An event that names
 * none is taken for the journal's own, for those of older versions name none. An id that is not known is no reason.
 */
export function isForeignTo(
  journalId: string | undefined,
  event: Pick<EventEnvelope, 'journalId' | 'position'>,
): boolean {
  if (event.position > MAX_POSITION) return true;
  return journalId !== undefined && event.journalId !== undefined && event.journalId !== journalId;
}

const TYPE_PREFIX = 'meridian.';
const SOURCE_PREFIX = '/meridian/';

/** A Kafka message, as far as an event fills it. */
export interface EventMessage {
  readonly key: string;
  readonly partition: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
}

/** The topic that carries a context's events. */
export function topicOf(context: ContextName, prefix: string): string {
  return `${prefix}.${context}.events`;
}

/** Puts an event into a Kafka message: a CloudEvent in binary mode, keyed by the aggregate's id. */
export function toMessage(event: EventEnvelope): EventMessage {
  const headers: Record<string, string> = {
    [HEADER.specVersion]: '1.0',
    [HEADER.id]: event.eventId,
    [HEADER.type]: `${TYPE_PREFIX}${event.context}.v1.${event.type}`,
    [HEADER.source]: sourceOf(event),
    [HEADER.subject]: event.aggregateId,
    [HEADER.time]: event.time.toISOString(),
    [HEADER.contentType]: 'application/protobuf',
    [HEADER.position]: event.position.toString(),
    [HEADER.version]: event.version.toString(),
  };
  if (event.journalId) headers[HEADER.journalId] = event.journalId;
  if (event.traceparent) headers[HEADER.traceparent] = event.traceparent;
  return { key: event.aggregateId, partition: event.shard, headers, value: event.payload };
}

/** A message on a topic of events that is not one of ours, or damaged. */
export class MalformedEventError extends Error {
  override readonly name = 'MalformedEventError';
}

/** Header values as a Kafka client gives them. */
export type ReceivedHeaders = Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;

function header(headers: ReceivedHeaders, name: string): string {
  const value = headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined ? '' : first.toString();
}

/** The id of the journal that a message names, readable or not; undefined when it names none. */
export function journalIdOf(headers: ReceivedHeaders): string | undefined {
  return header(headers, HEADER.journalId) || undefined;
}

function wholeNumber(headers: ReceivedHeaders, name: string): bigint {
  const text = header(headers, name);
  if (!/^\d{1,19}$/.test(text))
    throw new MalformedEventError(`header ${name} is no whole number: "${text.slice(0, 40)}"`);
  return BigInt(text);
}

/** What a message's source names. */
interface EventSource {
  readonly context: ContextName;
  readonly aggregateType: AggregateType;
}

const sourceOf = ({ context, aggregateType }: EventSource): string =>
  `${SOURCE_PREFIX}${context}/${aggregateType}`;

const SOURCES: ReadonlyMap<string, EventSource> = new Map(
  AGGREGATE_TYPES.map((aggregateType) => {
    const source = { context: contextOfAggregate(aggregateType), aggregateType };
    return [sourceOf(source), source];
  }),
);

/** When a message's event was recorded, by its header alone; undefined when the message does not tell. */
export function recordedAtOf(headers: ReceivedHeaders): Date | undefined {
  const time = new Date(header(headers, HEADER.time));
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** Reads an event from a Kafka message. Throws MalformedEventError that names the header that is missing or wrong. */
export function fromMessage(message: {
  partition: number;
  headers: ReceivedHeaders;
  value: Uint8Array | null;
}): EventEnvelope {
  const { headers, value, partition } = message;
  if (!value) throw new MalformedEventError('the message has no value');
  const source = SOURCES.get(header(headers, HEADER.source));
  if (!source)
    throw new MalformedEventError(
      `unknown ${HEADER.source} "${header(headers, HEADER.source).slice(0, 80)}"`,
    );
  const time = recordedAtOf(headers);
  if (!time) throw new MalformedEventError(`header ${HEADER.time} is no time`);
  const fullType = header(headers, HEADER.type);
  const prefix = `${TYPE_PREFIX}${source.context}.v1.`;
  if (!fullType.startsWith(prefix))
    throw new MalformedEventError(`unexpected ${HEADER.type} "${fullType.slice(0, 80)}"`);
  const aggregateId = header(headers, HEADER.subject);
  const eventId = header(headers, HEADER.id);
  if (!aggregateId || !eventId) throw new MalformedEventError(`${HEADER.subject} or ${HEADER.id} is missing`);
  const journalId = journalIdOf(headers);
  return {
    ...source,
    ...(journalId ? { journalId } : {}),
    eventId,
    aggregateId,
    time,
    shard: partition,
    position: wholeNumber(headers, HEADER.position),
    version: wholeNumber(headers, HEADER.version),
    type: fullType.slice(prefix.length),
    traceparent: header(headers, HEADER.traceparent),
    payload: value,
  };
}
