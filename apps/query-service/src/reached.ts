import {
  MAX_POSITION,
  parsePartitionKey,
  partitionKey,
  type ContextName,
  type PartitionKey,
  type Positions,
} from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { MissingPosition, Progress, ProgressWatch, WaitOptions } from '@meridian/read-store';
import { refusalError, type CallContext } from '@meridian/rpc';
import type { AnswerBasis } from './freshness.ts';
import type { OwnRowLooks } from './own-row-looks.ts';
import type { ParkedWatch } from './parked.ts';

/** What may be answered before its region's progress is there. */
export interface Provable<T> extends Pick<AnswerBasis<T>, 'aggregateId' | 'ownContexts'> {
  /**
   * For a question about one aggregate: the positions up to which the value holds all events of this aggregate. The
   * aggregate's own rows prove it, however far the region's progress is. Undefined when the rows prove nothing.
   */
  provenUpTo?(value: T): Positions | undefined;
}

/** The positions of a token that a question needs. A question about one aggregate reads only its partition of its own contexts. */
export function neededOf(
  required: Positions,
  { aggregateId, ownContexts = [] }: Pick<Provable<unknown>, 'aggregateId' | 'ownContexts'>,
): Positions {
  if (aggregateId === undefined) return required;
  const shard = shardOf(aggregateId);
  const isRead = ({ context, partition }: { context: ContextName; partition: number }) =>
    partition === shard || !ownContexts.includes(context);
  return new Map([...required].filter(([key]) => isRead(parsePartitionKey(key))));
}

/** What of a copy tells that it holds what a token names. */
export interface Waitable {
  readonly watch: ProgressWatch;
  readonly parked: ParkedWatch;
  /** Looks at the rows of one aggregate, while the progress is behind. */
  readonly ownRow: OwnRowLooks;
}

/** What of a call its wait needs. */
export type WaitingCall = Pick<CallContext, 'deadline' | 'signal' | 'startWaiting'>;

/** The progress. Also the value, where the aggregate's own rows proved to hold what is required before the progress did. */
export interface Reached<T> {
  readonly progress: Progress;
  readonly early?: { readonly value: T };
}

/** What is told of a wait, and may end it. */
export interface WaitListeners {
  readonly onWaiting?: (() => void) | undefined;
  /** Has the function called once another generation is live; gives a function that ends this. Undefined where that is no matter. */
  readonly onSuperseded?: ((told: () => void) => () => void) | undefined;
}

/** Another generation became live while a question waited for this one. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

/** A reason made once: without one, each abort makes an error with a stack. */
const OVER = new Error('nobody needs the rows any more');

/**
 * Resolves once the region has applied what is required, or the aggregate's own rows hold it. While it waits, the call counts
 * among those that wait. Rejects with SupersededError when another generation becomes live while it waits.
 */
export async function reached<T>(
  { watch, parked, ownRow }: Waitable,
  required: Positions,
  { deadline, signal, startWaiting }: WaitingCall,
  ask: (signal: AbortSignal) => Promise<T>,
  { onWaiting, onSuperseded, ...provable }: Provable<T> & WaitListeners,
): Promise<Reached<T>> {
  // Nothing to wait for: most questions come without a token.
  if (required.size === 0) return { progress: await watch.waitFor(required, { deadline, signal }) };
  const ends: (() => void)[] = [];
  const over = new AbortController();
  const abort = () => over.abort(signal.reason);
  const early = Promise.withResolvers<Reached<T>>();
  const onWait: WaitOptions['onWait'] = (missing, progress) => {
    refuseImpossible(missing, progress.highest);
    ends.push(startWaiting());
    onWaiting?.();
    if (onSuperseded) ends.push(onSuperseded(() => early.reject(new SupersededError())));
    const isEnough = proofOf(parked, missing, progress, provable);
    if (!isEnough) return undefined;
    // The answer will need this. Read now, it is there before the rows are.
    parked.asOf(progress).catch(() => undefined);
    const seen = Promise.withResolvers<number>();
    const looked = ownRow.until(() => ask(over.signal), isEnough, over.signal, seen.promise);
    // The looks reject when nobody needs the value any more.
    void looked.then(
      (value) => early.resolve({ progress, early: { value } }),
      () => undefined,
    );
    return seen.resolve;
  };
  signal.throwIfAborted();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const waited = watch.waitFor(required, { deadline, signal: over.signal, onWait });
    return await Promise.race([waited.then((progress) => ({ progress })), early.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    over.abort(OVER);
    for (const end of ends) end();
  }
}

/**
 * How far a true token may be beyond the newest position that a read model knows. One fence raises the head by 10^12 at most.
 * The events that a region has not heard of yet are fewer than another 10^12.
 */
export const MAX_AHEAD: bigint = 2n * 10n ** 12n;

/**
 * Refuses a question that would wait for a position that cannot come, with FAILED_PRECONDITION and reason
 * TOKEN_IMPOSSIBLE. One such position is above all that a journal can give. Another is too far beyond what this read
 * model has applied: this system's journal cannot have given it. Any other token may be true, however new it is, and
 * the question waits for it.
 */
function refuseImpossible(missing: readonly MissingPosition[], highest: bigint): void {
  const ahead = highest + MAX_AHEAD;
  const bound = ahead < MAX_POSITION ? ahead : MAX_POSITION;
  const impossible = missing.filter(({ required }) => required > bound);
  if (impossible.length === 0) return;
  throw refusalError({
    kind: 'failed-precondition',
    code: 'TOKEN_IMPOSSIBLE',
    message:
      'the token names positions that this system’s journal cannot have given: it is of another system, or of a lost journal; ask without the token',
    violations: impossible.map(({ key, required }) => ({
      type: 'TOKEN_IMPOSSIBLE',
      subject: key,
      description: `position ${required} is above ${bound}`,
    })),
  });
}

/**
 * The test of whether a value holds all that is missing. Undefined where the rows of one aggregate cannot prove it. The test
 * asks for deferred events after the rows were read: a projector defers an event before it writes later rows.
 */
function proofOf<T>(
  parked: Pick<ParkedWatch, 'mayLack'>,
  missing: readonly MissingPosition[],
  progress: Progress,
  { aggregateId, ownContexts = [], provenUpTo }: Provable<T>,
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
