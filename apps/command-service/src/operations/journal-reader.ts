import type { EventEnvelope } from '@meridian/contracts';
import type { MysqlPool } from '@meridian/mysql';
import { readPage } from '@meridian/write-store';

/** A part of the journal, both ends included. */
export interface JournalPart {
  readonly fromPosition: bigint;
  readonly untilPosition: bigint;
  /** Only events of these shards; all when undefined. */
  readonly shards: readonly number[] | undefined;
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
 * Reads a part of the journal, a chunk at a time in a short transaction, and only when the next one is asked for: no more is held than
 * one chunk, of so many bytes or one event. The last chunk may be empty: its `readTo` is the end of the part, or the last event when
 * the limit was reached.
 */
export async function* readChunks(pool: MysqlPool, part: JournalPart): AsyncGenerator<JournalChunk> {
  const { untilPosition, shards } = part;
  let afterPosition = part.fromPosition - 1n;
  let left = part.limit;
  while (afterPosition < untilPosition && left > 0n) {
    const limit = left < EVENTS_PER_CHUNK ? Number(left) : EVENTS_PER_CHUNK;
    const bounds = { limit, maxBytes: BYTES_PER_CHUNK };
    const chunk = await readPage({ pool, shards, afterPosition, untilPosition }, bounds);
    afterPosition = chunk.readTo;
    left -= BigInt(chunk.events.length);
    if (chunk.events.length > 0 || afterPosition === untilPosition) yield chunk;
  }
}
