import { fromToken, type Freshness, type Positions, type ReadOptions } from '@meridian/contracts';
import { jitteredMs } from '@meridian/async';
import { type Progress, RegionBehindError } from '@meridian/read-store';
import type { Reader } from '@meridian/projection';
import {
  callDeadline,
  regionBehind,
  resourceExhausted,
  startWaiting,
  unavailable,
  type CallContext,
} from '@meridian/rpc';
import type { Copy } from './copies.ts';
import type { CustomerKeys } from './customer-keys.ts';
import { freshnessOf, type AnswerBasis } from './freshness.ts';
import { refuseParked, type PutAside } from './parked.ts';
import type { ReadModel } from './read-model.ts';
import { neededOf, reached, type Provable } from './reached.ts';
import { byDeadline, RegionStoreBusyError, RegionStoreError } from './region-store.ts';

/** What a question works with. */
export interface Asking {
  readonly reader: Reader;
  /** The customers' keys, of the same region as the rows. */
  readonly keys: CustomerKeys;
  /** By when it should have answered. */
  readonly deadline: Date;
  /** Aborted when nobody waits for the answer any more: read no further then. */
  readonly signal: AbortSignal;
  /** Has the call count among those that wait, until what this gives is called; see startWaiting of @meridian/rpc. */
  startWaiting(): () => void;
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
 * Answers a question: waits until its region has applied what the caller's token names, notes the progress, and only then
 * reads, so that the answer holds at least what its freshness says. A question about one aggregate waits for the aggregate's own
 * partition only, and is answered sooner when the aggregate's own rows prove that they hold what the token names. When the region's store does not answer, another region
 * does so, from its own copy and by its own progress, and the freshness tells. By the deadline it throws UNAVAILABLE:
 * REGION_BEHIND when the region has not got there, REGION_STORE_UNAVAILABLE when no store answers; at once RESOURCE_EXHAUSTED
 * (REGION_STORE_BUSY) when the store has too much to do, and FAILED_PRECONDITION
 * when what the token names was put aside (AGGREGATE_PARKED) or can never come (TOKEN_IMPOSSIBLE).
 */
export async function answer<T>(
  model: ReadModel,
  read: ReadOptions | undefined,
  context: Pick<CallContext, 'metadata' | 'signal'>,
  ask: (asking: Asking) => Promise<T>,
  options: AnswerOptions<T>,
): Promise<Answer<T>> {
  const { signal } = context;
  const deadline = callDeadline(context);
  let failure: unknown;
  for (const copy of model.copies(options.generation ?? model.live())) {
    try {
      return await answerFrom(copy, model, read, { deadline, signal }, ask, options);
    } catch (error) {
      failure = error;
      if (!(error instanceof RegionStoreError) || Date.now() >= deadline.getTime()) break;
    }
  }
  throw toldToCallers(failure ?? new RegionStoreError('no region’s store answers'), model.region);
}

async function answerFrom<T>(
  copy: Copy,
  model: ReadModel,
  read: ReadOptions | undefined,
  { deadline, signal }: Pick<Asking, 'deadline' | 'signal'>,
  ask: (asking: Asking) => Promise<T>,
  options: AnswerOptions<T>,
): Promise<Answer<T>> {
  const startedMs = performance.now();
  const required = neededOf(fromToken(read?.token), options);
  const { reader, keys } = copy;
  const over = new AbortController();
  const abort = () => over.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const asked = (until: AbortSignal) =>
    ask({ reader, keys, deadline, signal: until, startWaiting: () => startWaiting({ signal }) });
  try {
    const { progress, early } = await byDeadline(
      reached(copy, required, { deadline, signal }, asked, { ...options, onWaiting: model.onWaiting }),
      new Date(deadline.getTime() + LAST_LOOK_MS),
    );
    model.onWaited?.((performance.now() - startedMs) / 1_000);
    const { aside, value } = await byDeadline(
      besideWhatIsParked(copy, progress, required, options.aggregateId, () =>
        early ? Promise.resolve(early.value) : asked(over.signal),
      ),
      deadline,
    );
    const answering = { ...copy, contexts: model.contexts, parked: aside.aggregates };
    return { value, freshness: freshnessOf(answering, progress, options, value) };
  } finally {
    signal.removeEventListener('abort', abort);
    // What is still being read is for nobody: the deadline has passed, or the answer is there.
    over.abort(OVER);
  }
}

/**
 * Reads rows, and what is not in them because it is parked. Both are asked for at once. Where what is parked had to be read anew
 * meanwhile, the rows are asked for again: a retry writes them before it takes its aggregate off the list, so that rows of before and
 * a list of after would lack what the token names.
 */
async function besideWhatIsParked<T>(
  { parked }: Copy,
  progress: Progress,
  required: Positions,
  aggregateId: string | undefined,
  ask: () => Promise<T>,
): Promise<{ readonly aside: PutAside; readonly value: T }> {
  const askedMs = performance.now();
  const first = ask();
  // Its failure may be that of rows that are asked for again, or matter less than what is parked.
  first.catch(() => undefined);
  const aside = await parked.asOf(progress);
  const held = aggregateId === undefined ? undefined : await aside.of(aggregateId, required);
  if (held) refuseParked(held.events, required);
  const isOlder = askedMs <= (held ?? aside).readAtMs;
  return { aside, value: await (isOlder ? ask() : first) };
}

/** The watch's last look may end after the deadline: what it says is worth more than that time is up. */
const LAST_LOOK_MS = 25;

const OVER = new RegionStoreError('the question is over');

/** Callers that were refused together come back apart. */
const BUSY_RETRY_MS = 1_000;

function toldToCallers(error: unknown, region: string): unknown {
  if (error instanceof RegionBehindError) {
    const missing = error.missing.map(({ key, ...positions }) => ({ partitionKey: key, ...positions }));
    return regionBehind({ region: error.region, missing });
  }
  if (error instanceof RegionStoreBusyError)
    return resourceExhausted(
      'REGION_STORE_BUSY',
      `the store of region ${region} has too much to do; ask again later, or for less`,
      BUSY_RETRY_MS / 2 + jitteredMs(BUSY_RETRY_MS),
    );
  if (!(error instanceof RegionStoreError)) return error;
  const message = `the copy in region ${region} does not answer; ask again, or ask another region`;
  return unavailable('REGION_STORE_UNAVAILABLE', message, { retryDelayMs: 500, metadata: { region } });
}
