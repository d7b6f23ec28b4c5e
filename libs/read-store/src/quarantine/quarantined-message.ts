/** A message as Kafka gives it. */
interface Message {
  readonly offset: string;
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
  readonly value: Buffer | null;
}

/** A message that is kept to be looked at again: just as it came, with what is known of it. */
export interface QuarantinedMessage {
  readonly aggregateType: string;
  readonly aggregateId: string;
  /** That of the event; of the one before it when the message does not tell. */
  readonly position: bigint;
  readonly offset: bigint;
  readonly type: string;
  /** Its headers, as JSON. */
  readonly headers: string;
  readonly payload: Buffer | undefined;
  /** Why it could not be applied; empty when only an earlier one of its aggregate could not. */
  readonly reason: string;
}

const MAX_REASON_LENGTH = 500;

/** Quarantines a message, for a reason if it has one of its own. */
export function quarantine(
  { offset, headers, value }: Message,
  about: Pick<QuarantinedMessage, 'aggregateType' | 'aggregateId' | 'position' | 'type'>,
  error?: unknown,
): QuarantinedMessage {
  const texts = Object.entries(headers).map(([name, found]) => {
    const first = Array.isArray(found) ? found[0] : found;
    return [name, first?.toString() ?? ''];
  });
  return {
    ...about,
    offset: BigInt(offset),
    headers: JSON.stringify(Object.fromEntries(texts)),
    payload: value ?? undefined,
    reason: error === undefined ? '' : reasonOf(error),
  };
}

/** An error in one line, bounded. */
export function reasonOf(error: unknown): string {
  return String(error).replace(/\s+/g, ' ').slice(0, MAX_REASON_LENGTH);
}

/** Reads the headers back. Throws when they are none. */
export function parseHeaders(json: string): Readonly<Record<string, string>> {
  const found: unknown = JSON.parse(json);
  if (typeof found !== 'object' || found === null) throw new Error('the headers are damaged');
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, String(value)]));
}
