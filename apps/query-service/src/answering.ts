import { fromToken, type Freshness, type ReadOptions } from '@meridian/contracts';
import { RegionBehindError, type ProgressWatch, type Reader } from '@meridian/projection';
import { callDeadline, regionBehind, unavailable, type CallContext } from '@meridian/rpc';
import { freshnessOf, type AnswerBasis, type AnsweringModel } from './freshness.ts';
import { byDeadline, RegionStoreError } from './region-store.ts';

/** A read model, ready to be asked in this region. */
export interface ReadModel extends AnsweringModel {
  readonly reader: Reader;
  readonly watch: ProgressWatch;
  /** Told how long a question waited for what its token names. */
  onWaited?(seconds: number): void;
}

/** What a question works with. */
export interface Asking {
  readonly reader: Reader;
  /** By when it should have answered. */
  readonly deadline: Date;
  readonly signal: AbortSignal;
}

/** An answer, and how fresh it is. */
export interface Answer<T> {
  readonly value: T;
  readonly freshness: Freshness;
}

/**
 * Answers a question: waits until this region has applied what the caller's token names, notes the progress, and only then
 * reads, so that the answer holds at least what its freshness says. By the deadline it throws UNAVAILABLE: REGION_BEHIND
 * when the region has not got there, REGION_STORE_UNAVAILABLE when its store does not answer.
 */
export async function answer<T>(
  model: ReadModel,
  read: ReadOptions | undefined,
  context: CallContext,
  ask: (asking: Asking) => Promise<T>,
  basis: AnswerBasis<T>,
): Promise<Answer<T>> {
  const { signal } = context;
  const deadline = callDeadline(context);
  const startedMs = performance.now();
  try {
    const progress = await byDeadline(
      model.watch.waitFor(fromToken(read?.token), { deadline, signal }),
      new Date(deadline.getTime() + LAST_LOOK_MS),
    );
    model.onWaited?.((performance.now() - startedMs) / 1_000);
    const value = await byDeadline(ask({ reader: model.reader, deadline, signal }), deadline);
    return { value, freshness: freshnessOf(model, progress, basis, value) };
  } catch (error) {
    throw toldToCallers(error, model.region);
  }
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
