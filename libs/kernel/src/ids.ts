import { v5, v7 } from 'uuid';
import { createRandomPool } from './random-pool.ts';

const AGGREGATE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

/** Whether a string may name an aggregate: 1 to 64 letters, digits, '.', '_', ':' and '-', starting with a letter or digit. */
export function isAggregateId(value: string): boolean {
  return AGGREGATE_ID.test(value);
}

const randomBytes = createRandomPool();
const last = { msecs: Number.NEGATIVE_INFINITY, seq: 0 };

/**
 * Makes an id that sorts by the time it was made: a UUID of version 7 (RFC 9562). Ids of one millisecond count up from
 * a random number. When the clock was set back, ids go on counting at the last id's time. When the numbers are used up,
 * that time moves one millisecond on.
 */
export function newId(): string {
  const random = randomBytes(16);
  const now = Date.now();
  if (now > last.msecs) {
    last.msecs = now;
    last.seq = new DataView(random.buffer, random.byteOffset).getUint32(6) >>> 1;
  } else {
    last.seq = (last.seq + 1) >>> 0;
    if (last.seq === 0) last.msecs += 1;
  }
  return v7({ random, ...last });
}

/** Derives a UUID from a name: the same name always gives the same UUID (version 5, RFC 9562). */
export function derivedId(name: string, namespace: string): string {
  return v5(name, namespace);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const STANDS_FOR_NONE = /^(?:[0-]+|[f-]+)$/i;

/**
 * Whether a string is a UUID that somebody made: in the usual form with hyphens, in lower or upper case. Any
 * version and any variant of RFC 9562 will do, Microsoft's too. The nil and the max UUID are refused: an
 * unset variable holds one of these.
 */
export function isUuid(value: string): boolean {
  return UUID.test(value) && !STANDS_FOR_NONE.test(value);
}
