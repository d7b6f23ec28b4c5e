import {
  fromToken,
  parsePartitionKey,
  partitionKey,
  type ContextName,
  type Freshness,
  type PartitionKey,
  type Positions,
  type ReadOptions,
} from '@meridian/contracts';
import { jitteredMs } from '@meridian/async';
import { shardOf } from '@meridian/kernel';
import {
  type MissingPosition,
  type Progress,
  RegionBehindError,
  type WaitOptions,
} from '@meridian/read-store';
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
import { refuseImpossible } from './impossible-tokens.ts';
import { refuseParked, type PutAside } from './parked.ts';
import type { ReadModel } from './read-model.ts';
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
export interface AnswerOptions<T> extends AnswerBasis<T> {
  /** The generation to read; the one that is live when left out. */
  readonly generation?: number;
  /**
   * For a question about one aggregate: the positions up to which the value holds all events of the aggregate, by the proof of its own
   * rows, however far the region's progress is. Undefined when the rows prove nothing.
   */
  provenUpTo?(value: T): Positions | undefined;
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
      reached(copy, required, { deadline, signal }, asked, options),
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

/** What of a token matters to a question: of the contexts of one aggregate only the aggregate's own partition is read. */
function neededOf(
  required: Positions,
  { aggregateId, ownContexts = [] }: Pick<AnswerBasis<unknown>, 'aggregateId' | 'ownContexts'>,
): Positions {
  if (aggregateId === undefined) return required;
  const shard = shardOf(aggregateId);
  const isRead = ({ context, partition }: { context: ContextName; partition: number }) =>
    partition === shard || !ownContexts.includes(context);
  return new Map([...required].filter(([key]) => isRead(parsePartitionKey(key))));
}

/** The progress, and the value where the aggregate's own rows proved to hold what is required before the progress was there. */
interface Reached<T> {
  readonly progress: Progress;
  readonly early?: { readonly value: T };
}

/**
 * Resolves once the region has applied what is required, or the aggregate's own rows hold it. A call that has to wait for that counts
 * among those that wait.
 */
async function reached<T>(
  copy: Copy,
  required: Positions,
  { deadline, signal }: Pick<Asking, 'deadline' | 'signal'>,
  ask: (signal: AbortSignal) => Promise<T>,
  options: AnswerOptions<T>,
): Promise<Reached<T>> {
  const ends: (() => void)[] = [];
  const over = new AbortController();
  const abort = () => over.abort(signal.reason);
  const early = Promise.withResolvers<Reached<T>>();
  const onWait: WaitOptions['onWait'] = (missing, progress) => {
    refuseImpossible(missing, progress.highest);
    ends.push(startWaiting({ signal }));
    const isEnough = proofOf(copy, missing, progress, options);
    if (!isEnough) return;
    const looked = copy.ownRow.until(() => ask(over.signal), isEnough, over.signal);
    // It rejects when nobody needs it any more.
    void looked.then(
      (value) => early.resolve({ progress, early: { value } }),
      () => undefined,
    );
  };
  signal.throwIfAborted();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const waited = copy.watch.waitFor(required, { deadline, signal: over.signal, onWait });
    return await Promise.race([waited.then((progress) => ({ progress })), early.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    over.abort();
    for (const end of ends) end();
  }
}

/**
 * Tells of a value whether it holds all that is missing; undefined where the rows of one aggregate cannot say so. What was put aside
 * of the partition is asked for after the rows were read: a projector writes it before them.
 */
function proofOf<T>(
  { parked }: Copy,
  missing: readonly MissingPosition[],
  progress: Progress,
  { aggregateId, ownContexts = [], provenUpTo }: AnswerOptions<T>,
): ((value: T) => Promise<boolean>) | undefined {
  if (aggregateId === undefined || !provenUpTo) return undefined;
  const own = new Set<PartitionKey>(
    ownContexts.map((context) => partitionKey(context, shardOf(aggregateId))),
  );
  if (missing.some(({ key }) => !own.has(key))) return undefined;
  return async (value) => {
    const proven = provenUpTo(value);
    if (!proven || missing.some(({ key, required }) => (proven.get(key) ?? 0n) < required)) return false;
    return !(await parked.mayLack([...own], progress));
  };
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
