import {
  parsePartitionKey,
  partitionKey,
  type ContextName,
  type PartitionKey,
  type Positions,
} from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { MissingPosition, Progress, WaitOptions } from '@meridian/read-store';
import { startWaiting } from '@meridian/rpc';
import type { Copy } from './copies.ts';
import type { AnswerBasis } from './freshness.ts';
import { refuseImpossible } from './impossible-tokens.ts';

type OfAggregate = Pick<AnswerBasis<unknown>, 'aggregateId' | 'ownContexts'>;

/** What may be answered before its region's progress is there. */
export interface Provable<T> extends OfAggregate {
  /**
   * For a question about one aggregate: the positions up to which the value holds all events of the aggregate, by the proof of its own
   * rows, however far the region's progress is. Undefined when the rows prove nothing.
   */
  provenUpTo?(value: T): Positions | undefined;
}

/** What of a token matters to a question: of the contexts of one aggregate only the aggregate's own partition is read. */
export function neededOf(required: Positions, { aggregateId, ownContexts = [] }: OfAggregate): Positions {
  if (aggregateId === undefined) return required;
  const shard = shardOf(aggregateId);
  const isRead = ({ context, partition }: { context: ContextName; partition: number }) =>
    partition === shard || !ownContexts.includes(context);
  return new Map([...required].filter(([key]) => isRead(parsePartitionKey(key))));
}

/** The progress, and the value where the aggregate's own rows proved to hold what is required before the progress was there. */
export interface Reached<T> {
  readonly progress: Progress;
  readonly early?: { readonly value: T };
}

/**
 * Resolves once the region has applied what is required, or the aggregate's own rows hold it. A call that has to wait for that counts
 * among those that wait.
 */
export async function reached<T>(
  copy: Copy,
  required: Positions,
  { deadline, signal }: { readonly deadline: Date; readonly signal: AbortSignal },
  ask: (signal: AbortSignal) => Promise<T>,
  { onWaiting, ...provable }: Provable<T> & { readonly onWaiting?: (() => void) | undefined },
): Promise<Reached<T>> {
  const ends: (() => void)[] = [];
  const over = new AbortController();
  const abort = () => over.abort(signal.reason);
  const early = Promise.withResolvers<Reached<T>>();
  const onWait: WaitOptions['onWait'] = (missing, progress) => {
    refuseImpossible(missing, progress.highest);
    ends.push(startWaiting({ signal }));
    onWaiting?.();
    const isEnough = proofOf(copy, missing, progress, provable);
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
