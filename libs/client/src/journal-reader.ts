import { setTimeout as pause } from 'node:timers/promises';
import {
  fromJournalEvent,
  JournalServiceDefinition,
  toWireContext,
  type ContextName,
  type EventEnvelope,
  type GetHeadResponse,
} from '@meridian/contracts';
import { callFailure, connectChannels, type ChannelOptions } from '@meridian/rpc';
import { endedInOrder } from './ended-in-order.ts';

/** Which part of the journal to read, both ends included. */
export interface JournalRange {
  /** The first position; the beginning when left out. */
  readonly from?: bigint;
  /** The last position. When it is left out or is above the head: the head when reading begins. */
  readonly until?: bigint;
  /** Only events of these shards; all when left out. */
  readonly shards?: readonly number[];
  /** Only events of these contexts; all when left out. */
  readonly contexts?: readonly ContextName[];
  readonly signal?: AbortSignal;
}

/** Events in order of position. */
export interface JournalChunk {
  readonly events: readonly EventEnvelope[];
  /** Every event of the range up to this position has been delivered. */
  readonly readTo: bigint;
  /** The last position of the range. */
  readonly until: bigint;
}

/** Reads the journal: for operators, and for programs that build something from all events. */
export interface JournalReader {
  /** The highest position used, and the positions that were given up. */
  head(): Promise<GetHeadResponse>;
  /**
   * Delivers every event of a range once, in order, at the reader's pace. A chunk may be empty. When a connection breaks or a
   * replica stops, reading goes on at the next replica. It also goes on when a stream grows old or its access token expires. Throws the
   * call's error after `maxFailures` in a row.
   */
  read(range?: JournalRange): AsyncGenerator<JournalChunk>;
  close(): void;
}

/** Where the journal is, and how patient the reader is. */
export interface JournalReaderOptions extends Pick<ChannelOptions, 'accessToken' | 'tls'> {
  /** The command-service: `host:port` of each replica, or one name that resolves to all of them. */
  readonly addresses: readonly string[];
  readonly maxFailures?: number;
  /** The pause before the first repeat. The pause doubles with every failure in a row, up to 5 s. */
  readonly retryDelayMs?: number;
}

const LONGEST_PAUSE_MS = 5_000;
const TEMPORARY = new Set(['UNAVAILABLE', 'CANCELLED', 'RESOURCE_EXHAUSTED']);

/** Makes a reader. The reader connects when it is first used. */
export function createJournalReader(options: JournalReaderOptions): JournalReader {
  const { addresses, maxFailures = 10, retryDelayMs = 100 } = options;
  const channels = connectChannels(addresses, { accessToken: options.accessToken, tls: options.tls });
  const client = channels.client(JournalServiceDefinition);

  async function* once(next: bigint, until: bigint | undefined, range: JournalRange) {
    const { shards = [], contexts, signal } = range;
    const request = {
      fromPosition: next,
      shards: [...shards],
      contexts: (contexts ?? []).map(toWireContext),
      ...(until ? { untilPosition: until } : {}),
    };
    for await (const answer of client.readJournal(request, signal ? { signal } : {})) {
      const { events, readTo, untilPosition, journalId } = answer;
      const sent = events.map((event) => fromJournalEvent(event, journalId));
      // A service that does not know the field sends the events of all contexts.
      const read = contexts ? sent.filter(({ context }) => contexts.includes(context)) : sent;
      yield { events: read, readTo, until: untilPosition };
    }
  }

  return {
    head: () => client.getHead({}),
    async *read(range = {}) {
      let next = range.from ?? 1n;
      let { until } = range;
      for (let failures = 0; ;) {
        try {
          for await (const chunk of once(next, until, range)) {
            failures = 0;
            next = chunk.readTo + 1n;
            // A later attempt reads to the same end, however far the journal has grown.
            until = chunk.until;
            yield chunk;
          }
          return;
        } catch (error) {
          const isInOrder = endedInOrder(error);
          failures = isInOrder ? 0 : failures + 1;
          const isOver = range.signal?.aborted || !(isInOrder || isTemporary(error));
          if (isOver || failures >= maxFailures) throw error;
          await pause(Math.min(LONGEST_PAUSE_MS, retryDelayMs * 2 ** Math.max(0, failures - 1)));
        }
      }
    },
    close: () => channels.close(),
  };
}

function isTemporary(error: unknown): boolean {
  return TEMPORARY.has(callFailure(error)?.status ?? '');
}
