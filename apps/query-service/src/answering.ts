import { fromToken, type Freshness, type ReadOptions } from '@meridian/contracts';
import { jitteredMs, within } from '@meridian/async';
import { type Completeness, RegionBehindError, WatchClosedError } from '@meridian/read-store';
import type { Reader } from '@meridian/projection';
import { regionBehind, resourceExhausted, unavailable, type CallContext } from '@meridian/rpc';
import type { Copy } from './copies.ts';
import type { CustomerKeys } from './customer-keys.ts';
import { freshnessOf, type AnswerBasis } from './freshness.ts';
import { besideWhatIsParked } from './parked.ts';
import type { ReadModel } from './read-model.ts';
import { neededOf, reached, type Provable, SupersededError, type WaitingCall } from './reached.ts';
import { RegionStoreBusyError, RegionStoreError } from './region-store.ts';

/** A question of the contract, made with the read model that it asks: the method that the server calls. */
export type Question<Request, Response> = (request: Request, context: CallContext) => Promise<Response>;

/** What a question works with. */
export interface Asking {
  readonly reader: Reader;
  /** The customers' keys, of the same region as the rows. */
  readonly keys: CustomerKeys;
  /** By when the question should be answered. */
  readonly deadline: Date;
  /** Aborted when nobody waits for the answer any more: read no further then. */
  readonly signal: AbortSignal;
  /** Counts the call among those that wait, as its context does. */
  readonly startWaiting: CallContext['startWaiting'];
  /** What is known of the reader's rows; undefined while the region may still be behind the token. */
  readonly completeness: Completeness | undefined;
}

/** An answer, and how fresh it is. */
export interface Answer<T> {
  readonly value: T;
  readonly freshness: Freshness;
}

/** How a question is answered. */
export interface AnswerOptions<T> extends AnswerBasis<T>, Provable<T> {
  /** The generation to read; the one that is live when left out. */
  readonly generation?: number;
}

/**
 * Answers a question. Waits until the region has applied what the caller's token names, notes the progress, and only
 * then reads. So the answer holds at least what the answer's freshness says. A question about one aggregate waits for
 * the aggregate's own partition only. The answer comes sooner when the aggregate's own rows prove that they hold what
 * the token names. When another generation becomes live while the question waits, the question begins again in that one: the old
 * one may be fed no more. When the region's store does not answer, another region does so, from its own copy and by its own
 * progress, and the freshness tells. Failures:
 *
 * - UNAVAILABLE, by the deadline: the region is behind the token (REGION_BEHIND), or no store answers
 *   (REGION_STORE_UNAVAILABLE). The latter also when the generation is dropped while the question waits.
 * - RESOURCE_EXHAUSTED, at once: the store has too much to do (REGION_STORE_BUSY).
 * - FAILED_PRECONDITION, at once: events that the token names are parked (AGGREGATE_PARKED), or can never come
 *   (TOKEN_IMPOSSIBLE).
 */
export async function answer<T>(
  model: ReadModel,
  read: ReadOptions | undefined,
  call: WaitingCall,
  ask: (asking: Asking) => Promise<T>,
  options: AnswerOptions<T>,
): Promise<Answer<T>> {
  for (;;) {
    const generation = options.generation ?? model.live();
    try {
      return await firstToAnswer(model.copies(generation), call, (copy) =>
        answerFrom(copy, model, read, call, ask, options),
      );
    } catch (error) {
      if (!(error instanceof SupersededError)) throw toldToCallers(error, model.region);
    }
  }
}

/** Asks one copy after the other, as long as their stores do not answer and there is time. */
async function firstToAnswer<T>(
  copies: readonly Copy[],
  { deadline }: WaitingCall,
  ask: (copy: Copy) => Promise<T>,
): Promise<T> {
  let failure: RegionStoreError | undefined;
  for (const copy of copies) {
    try {
      return await ask(copy);
    } catch (error) {
      if (!(error instanceof RegionStoreError)) throw error;
      failure = error;
      if (Date.now() >= deadline.getTime()) break;
    }
  }
  throw failure ?? new RegionStoreError('no region’s store answers');
}

async function answerFrom<T>(
  copy: Copy,
  model: ReadModel,
  read: ReadOptions | undefined,
  call: WaitingCall,
  ask: (asking: Asking) => Promise<T>,
  options: AnswerOptions<T>,
): Promise<Answer<T>> {
  const { deadline, signal, startWaiting } = call;
  const startedMs = performance.now();
  // A page goes on in the generation that its list began with.
  const staysInGeneration = options.generation !== undefined;
  const required = neededOf(fromToken(read?.token), options);
  const pages = copy.pages?.ofQuestion();
  const reader = pages ? { ...copy.reader, pages } : copy.reader;
  const { keys } = copy;
  const over = new AbortController();
  const abort = () => over.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const asked = (until: AbortSignal, completeness?: Completeness) =>
    ask({ reader, keys, deadline, signal: until, startWaiting, completeness });
  try {
    const { progress, early } = await within(
      msUntil(deadline.getTime() + LAST_LOOK_MS),
      reached(copy, required, call, (until) => asked(until), {
        ...options,
        onWaiting: model.onWaiting,
        onSuperseded: staysInGeneration
          ? undefined
          : (told) => model.onAnotherLive(copy.reader.generation, told),
      }),
      noAnswer,
    );
    model.onWaited?.((performance.now() - startedMs) / 1_000);
    const { parked, value } = await within(
      msUntil(deadline.getTime()),
      besideWhatIsParked(copy.parked, progress, required, options.aggregateId, (completeness) =>
        early ? Promise.resolve(early.value) : asked(over.signal, completeness),
      ),
      noAnswer,
    );
    const answering = { ...copy, contexts: model.contexts, parked: parked.aggregates };
    return { value, freshness: freshnessOf(answering, progress, options, value) };
  } finally {
    signal.removeEventListener('abort', abort);
    // Nobody waits for what is still being read: the deadline has passed, or the answer is there.
    over.abort(OVER);
    pages?.end();
  }
}

const msUntil = (timeMs: number): number => Math.max(0, timeMs - Date.now());

const noAnswer = (): RegionStoreError => new RegionStoreError('the store did not answer in time');

/** The watch's last poll may end after the deadline. What it finds tells the caller more than that the time is up. */
const LAST_LOOK_MS = 25;

const OVER = new RegionStoreError('the question is over');

/** The delay has a random part: callers that were refused together do not come back together. */
const BUSY_RETRY_MS = 1_000;

/** What a failure means to callers of this region; an error that says it by itself is given back. */
export function toldToCallers(error: unknown, region: string): unknown {
  if (error instanceof RegionBehindError) {
    const missing = error.missing.map(({ key, ...positions }) => ({ partitionKey: key, ...positions }));
    return regionBehind({ region: error.region, missing });
  }
  if (error instanceof RegionStoreBusyError)
    return resourceExhausted(
      'REGION_STORE_BUSY',
      `the store of region ${region} has too much to do; ask again later, or ask for less`,
      BUSY_RETRY_MS / 2 + jitteredMs(BUSY_RETRY_MS),
    );
  if (!(error instanceof RegionStoreError || error instanceof WatchClosedError)) return error;
  const message = `the copy in region ${region} does not answer; ask again, or ask another region`;
  return unavailable('REGION_STORE_UNAVAILABLE', message, { retryDelayMs: 500, metadata: { region } });
}
