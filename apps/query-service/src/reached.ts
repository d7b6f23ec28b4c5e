import { parsePartitionKey, type ContextName, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { Progress, WaitOptions } from '@meridian/read-store';
import { startWaiting } from '@meridian/rpc';
import type { Copy } from './copies.ts';
import { refuseImpossible } from './impossible-tokens.ts';
import { proofOf, type Provable } from './own-row.ts';

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

/** The progress. Also the value, where the aggregate's own rows proved to hold what is required before the progress did. */
export interface Reached<T> {
  readonly progress: Progress;
  readonly early?: { readonly value: T };
}

/**
 * Resolves once the region has applied what is required, or the aggregate's own rows hold it. While it waits, the call counts
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
    const isEnough = proofOf(copy.parked, missing, progress, provable);
    if (!isEnough) return;
    const looked = copy.ownRow.until(() => ask(over.signal), isEnough, over.signal);
    // The looks reject when nobody needs the value any more.
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
