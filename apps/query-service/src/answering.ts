import { fromToken, type Freshness, type Positions, type ReadOptions } from '@meridian/contracts';
import { type Progress, RegionBehindError, type WaitOptions } from '@meridian/read-store';
import type { Reader } from '@meridian/projection';
import { callDeadline, regionBehind, startWaiting, unavailable, type CallContext } from '@meridian/rpc';
import type { Copy } from './copies.ts';
import type { CustomerKeys } from './customer-keys.ts';
import { freshnessOf, type AnswerBasis } from './freshness.ts';
import { refuseImpossible } from './impossible-tokens.ts';
import { refuseParked, type PutAside } from './parked.ts';
import type { ReadModel } from './read-model.ts';
import { byDeadline, RegionStoreError } from './region-store.ts';

/** What a question works with. */
export interface Asking {
  readonly reader: Reader;
  /** The customers' keys, of the same region as the rows. */
  readonly keys: CustomerKeys;
  /** By when it should have answered. */
  readonly deadline: Date;
  readonly signal: AbortSignal;
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
}

/**
 * Answers a question: waits until its region has applied what the caller's token names, notes the progress, and only then
 * reads, so that the answer holds at least what its freshness says. When the region's store does not answer, another region
 * does so, from its own copy and by its own progress, and the freshness tells. By the deadline it throws UNAVAILABLE:
 * REGION_BEHIND when the region has not got there, REGION_STORE_UNAVAILABLE when no store answers; and at once FAILED_PRECONDITION
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
  basis: AnswerBasis<T>,
): Promise<Answer<T>> {
  const startedMs = performance.now();
  const required = fromToken(read?.token);
  const progress = await byDeadline(
    reached(copy, required, { deadline, signal }),
    new Date(deadline.getTime() + LAST_LOOK_MS),
  );
  model.onWaited?.((performance.now() - startedMs) / 1_000);
  const { reader, keys } = copy;
  const { aside, value } = await byDeadline(
    besideWhatIsParked(copy, progress, required, basis.aggregateId, () =>
      ask({ reader, keys, deadline, signal }),
    ),
    deadline,
  );
  const answering = { ...copy, contexts: model.contexts, parked: aside.aggregates };
  return { value, freshness: freshnessOf(answering, progress, basis, value) };
}

/** The progress, once the region has applied what is required. A call that has to wait for that counts among those that wait. */
async function reached(
  { watch }: Copy,
  required: Positions,
  { deadline, signal }: Pick<Asking, 'deadline' | 'signal'>,
): Promise<Progress> {
  const ends: (() => void)[] = [];
  const onWait: WaitOptions['onWait'] = (missing, { highest }) => {
    refuseImpossible(missing, highest);
    ends.push(startWaiting({ signal }));
  };
  try {
    return await watch.waitFor(required, { deadline, signal, onWait });
  } finally {
    for (const end of ends) end();
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

function toldToCallers(error: unknown, region: string): unknown {
  if (error instanceof RegionBehindError) {
    const missing = error.missing.map(({ key, ...positions }) => ({ partitionKey: key, ...positions }));
    return regionBehind({ region: error.region, missing });
  }
  if (!(error instanceof RegionStoreError)) return error;
  const message = `the copy in region ${region} does not answer; ask again, or ask another region`;
  return unavailable('REGION_STORE_UNAVAILABLE', message, { retryDelayMs: 500, metadata: { region } });
}
