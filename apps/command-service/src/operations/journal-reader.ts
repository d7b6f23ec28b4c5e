import type { ContextName, EventEnvelope } from '@meridian/contracts';
import type { MysqlPool } from '@meridian/mysql';
import { readPage } from '@meridian/write-store';

/** A part of the journal, both ends included. */
export interface JournalPart {
  readonly fromPosition: bigint;
  readonly untilPosition: bigint;
  /** Only events of these shards; all when undefined. */
  readonly shards: readonly number[] | undefined;
  /** Only events of these contexts; all when undefined. */
  readonly contexts: readonly ContextName[] | undefined;
  /** Events at most. */
  readonly limit: bigint;
}

/** Events in order, and up to where all of the part have been read. */
export interface JournalChunk {
  readonly events: readonly EventEnvelope[];
  readonly readTo: bigint;
}

const EVENTS_PER_CHUNK = 500;
// Readers hold up to 16 answers that they have not taken yet: small ones keep that small.
const BYTES_PER_CHUNK = 250_000;

/**
 * Reads a part of the journal chunk by chunk, each in a short transaction and only when the next chunk is asked for. At
 * most one chunk is held, of so many bytes or one event. The last chunk may be empty: its `readTo` is the end of the
 * part, or the last event when the limit was reached. A chunk of some contexts may be empty anywhere: its `readTo` says
 * how far the events of others were passed over.
 */
export async function* readChunks(pool: MysqlPool, part: JournalPart): AsyncGenerator<JournalChunk> {
  const { untilPosition, shards, contexts } = part;
  let afterPosition = part.fromPosition - 1n;
  let left = part.limit;
  while (afterPosition < untilPosition && left > 0n) {
    const limit = left < EVENTS_PER_CHUNK ? Number(left) : EVENTS_PER_CHUNK;
    const bounds = { limit, maxBytes: BYTES_PER_CHUNK };
    const chunk = await readPage({ pool, shards, contexts, afterPosition, untilPosition }, bounds);
    afterPosition = chunk.readTo;
    left -= BigInt(chunk.events.length);
    if (chunk.events.length > 0 || contexts || afterPosition === untilPosition) yield chunk;
  }
}
