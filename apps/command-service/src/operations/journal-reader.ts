import type { EventEnvelope } from '@meridian/contracts';
import type { MysqlPool } from '@meridian/mysql';
import { readJournal } from '@meridian/write-store';

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

const EVENTS_PER_READ = 500;
// Readers hold up to 16 answers that they have not taken yet: small ones keep that small.
const BYTES_PER_CHUNK = 250_000;
const OVERHEAD_BYTES = 300;

/**
 * Reads a part of the journal, a short transaction at a time, and only when the next chunk is asked for. The last chunk may be
 * empty: its `readTo` is the end of the part, or the last event when the limit was reached.
 */
export async function* readChunks(pool: MysqlPool, part: JournalPart): AsyncGenerator<JournalChunk> {
  const { untilPosition, shards } = part;
  let readTo = part.fromPosition - 1n;
  let left = part.limit;
  while (readTo < untilPosition && left > 0n) {
    const limit = left < EVENTS_PER_READ ? Number(left) : EVENTS_PER_READ;
    const events = await readJournal({
      ...{ pool, untilPosition, limit, afterPosition: readTo },
      ...(shards ? { shards } : {}),
    });
    left -= BigInt(events.length);
    for (const chunk of withinBytes(events)) {
      readTo = chunk.at(-1)?.position ?? readTo;
      // The last read of a part has seen all of it: the end is then further than its last event.
      const isLast = chunk.at(-1) === events.at(-1) && events.length < limit;
      if (isLast) readTo = untilPosition;
      yield { events: chunk, readTo };
    }
    if (events.length === 0) {
      readTo = untilPosition;
      yield { events: [], readTo };
    }
  }
}

function* withinBytes(events: readonly EventEnvelope[]): Generator<readonly EventEnvelope[]> {
  let chunk: EventEnvelope[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = event.payload.length + OVERHEAD_BYTES;
    if (chunk.length > 0 && bytes + size > BYTES_PER_CHUNK) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(event);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
