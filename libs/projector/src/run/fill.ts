import { setTimeout as pause } from 'node:timers/promises';
import { toMessage, topicOf, type ContextName, type EventEnvelope } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { HeldBatchError, type ReceivedMessage } from '@meridian/messaging';
import { MAX_BYTES_PER_FOLD, type BatchHandler } from '../partition/handle-batch.ts';
import { controlUntil } from '../partition/persist.ts';
import { settled } from '@meridian/async';

/** The journal, as a fill reads it. */
export interface Journal {
  /** The position of the newest event. */
  head(): Promise<bigint>;
  /** The journal's id. Undefined when its service is too old to tell. */
  id?: () => Promise<string | undefined>;
  /**
   * Every event of a shard and context above `after` and up to `until`, in order and in pieces. A piece is read when it
   * is asked for, and may be empty.
   */
  read(range: {
    readonly shard: number;
    readonly context: ContextName;
    readonly after: bigint;
    readonly until: bigint;
    readonly signal: AbortSignal;
  }): AsyncIterable<readonly EventEnvelope[]>;
}

/** How a generation is filled. */
export interface FillOptions {
  readonly journal: Journal;
  readonly contexts: readonly ContextName[];
  readonly topicPrefix: string;
  readonly handler: BatchHandler;
  readonly until: bigint;
  /** The offset where a context's topic goes on with events after `until`, by shard. */
  goesOnAt(context: ContextName, shard: number): bigint;
  /** Events per second at most. 0 means no limit. */
  readonly maxEventsPerSecond: number;
  /** How many shards are filled at once. */
  readonly concurrency?: number;
  /** How far a context's partition is filled, whichever process did it. */
  reached(context: ContextName, shard: number): Promise<bigint>;
  readonly signal: AbortSignal;
}

/**
 * Fills a generation from the journal, partition by partition, through the same code that applies events from Kafka.
 * Events that are filled already are passed over, so a fill can be ended at any point and begun again. Several
 * processes may fill one generation at the same time: each begins with another shard, and writing the same event twice
 * changes nothing. Rejects with the signal's reason when the signal is aborted. Rejects with the first failure once
 * everything under way has ended.
 */
export async function fill(options: FillOptions): Promise<void> {
  const { signal, concurrency = 3, maxEventsPerSecond } = options;
  // eslint-disable-next-line no-restricted-syntax -- so that two processes that begin together share the work
  const first = Math.floor(Math.random() * SHARD_COUNT);
  const shards = Array.from({ length: SHARD_COUNT }, (_, index) => (first + index) % SHARD_COUNT);
  const pace = createPace(maxEventsPerSecond, signal);
  async function worker(): Promise<void> {
    for (let shard = shards.shift(); shard !== undefined; shard = shards.shift()) {
      for (const context of options.contexts) {
        signal.throwIfAborted();
        await fillPartition(context, shard, pace, options);
        await options.handler.goesOnAt(
          context,
          shard,
          options.goesOnAt(context, shard),
          controlUntil(signal),
        );
      }
    }
  }
  await settled(Array.from({ length: concurrency }, worker));
}

/** Reads each context by itself: a context that is done is not read again because another context is behind. */
async function fillPartition(
  context: ContextName,
  shard: number,
  pace: (events: number) => Promise<void>,
  { journal, until, signal, handler, topicPrefix, maxEventsPerSecond, reached }: FillOptions,
): Promise<void> {
  const after = await reached(context, shard);
  if (after >= until) return;
  const control = controlUntil(signal);
  const topic = topicOf(context, topicPrefix);
  const pieces = journal.read({ shard, context, after, until, signal });
  for await (const events of cut(pieces, pieceOf(maxEventsPerSecond))) {
    const messages = events.map(toReceived);
    const batch = { topic, partition: shard, highWatermark: messages.at(-1)?.offset ?? '0', messages };
    await whenThereIsRoom(() => handler.handle(batch, control), signal);
    await pace(events.length);
  }
  signal.throwIfAborted();
}

/** Tries a piece again, after a pause, while no more can be parked. */
async function whenThereIsRoom(take: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await take();
    } catch (error) {
      if (!(error instanceof HeldBatchError)) throw error;
      await pause(error.forMs, undefined, { signal });
    }
  }
}

/** So many events, with all their mutations and rows, may be in memory for each shard that is filled at the same time. */
export const EVENTS_PER_FOLD = 10_000;

/**
 * How many events are folded together. The more there are, the fewer rows are written. With a rate limit, a piece has
 * the events of a twentieth of a second. A larger piece would keep the store busy for longer than live events can wait.
 */
const pieceOf = (maxEventsPerSecond: number) =>
  maxEventsPerSecond === 0 ? EVENTS_PER_FOLD : Math.min(EVENTS_PER_FOLD, Math.ceil(maxEventsPerSecond / 20));

/** Gives the same events in pieces of `size` events, or of MAX_BYTES_PER_FOLD. The last piece may be smaller. */
async function* cut(
  pieces: AsyncIterable<readonly EventEnvelope[]>,
  size: number,
): AsyncGenerator<readonly EventEnvelope[]> {
  let gathered: EventEnvelope[] = [];
  for await (const piece of pieces) {
    gathered.push(...piece);
    let start = 0;
    for (; start + size <= gathered.length; start += size) yield gathered.slice(start, start + size);
    gathered = gathered.slice(start);
    if (bytesOf(gathered) < MAX_BYTES_PER_FOLD) continue;
    yield gathered;
    gathered = [];
  }
  if (gathered.length > 0) yield gathered;
}

const bytesOf = (events: readonly EventEnvelope[]) =>
  events.reduce((sum, { payload }) => sum + payload.length, 0);

function toReceived(event: EventEnvelope): ReceivedMessage {
  const { key, headers, value } = toMessage(event);
  return { offset: event.position.toString(), key: Buffer.from(key), headers, value: Buffer.from(value) };
}

/** Holds events back so that no more than `maxEventsPerSecond` pass. */
function createPace(maxEventsPerSecond: number, signal: AbortSignal): (events: number) => Promise<void> {
  let freeAtMs = performance.now();
  return async (events) => {
    if (maxEventsPerSecond === 0) return;
    freeAtMs = Math.max(freeAtMs, performance.now()) + (events / maxEventsPerSecond) * 1_000;
    const waitMs = freeAtMs - performance.now();
    if (waitMs > 0) await pause(waitMs, undefined, { signal });
  };
}
