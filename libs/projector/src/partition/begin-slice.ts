import type { PartitionKey } from '@meridian/contracts';
import type { BatchControl, ReceivedBatch } from '@meridian/messaging';
import { apply, progressOf, type HandlerOptions, untilApplied } from './apply-batch.ts';
import { decodeBatch, type Decoded } from './decode-batch.ts';
import type { PartitionHalts } from './partition-halts.ts';
import type { PartitionState } from './partition-state.ts';
import { persist } from './persist.ts';

/** A slice that is being applied. */
export interface BegunSlice {
  /**
   * Resolves when this slice and all earlier slices are applied and recorded. Rejects with StaleBatchError when one of
   * them failed.
   */
  readonly done: Promise<void>;
}

/**
 * Decodes a slice of a batch, and begins to apply the slice. Rows of simple slices go out while earlier slices are
 * under way. A slice is applied alone when something of it is quarantined. It is also applied alone where totals are
 * kept, since each sum is built on the sum before. When the partition has to be halted, throws the error that ends the
 * batch.
 */
export async function beginSlice(
  options: HandlerOptions,
  halts: PartitionHalts,
  state: PartitionState,
  slice: ReceivedBatch['messages'],
  control: BatchControl,
): Promise<BegunSlice> {
  const { projection, parkingBounds, journal } = options;
  let rest = slice;
  for (;;) {
    const { decoded, done } = await state.inTurn(async (underWay) => {
      const found = decodeBatch(rest, state, projection, parkingBounds, journal.current());
      const isSimple = isPlain(found) && !keepsTotals(projection);
      if (!isSimple) await untilApplied(underWay);
      const progress = progressOf(options, state, found);
      const applied = apply(options, state, { decoded: found, progress, before: underWay }, control);
      applied.catch(() => options.states.drop(state));
      state.take(progress, applied);
      if (!isSimple) await applied;
      return { decoded: found, done: applied };
    });
    if (decoded.goOnAt === undefined) return { done };
    rest = rest.slice(decoded.goOnAt);
    if (decoded.isFull) throw halts.halt(state.key, 'full');
    if (decoded.foreign) {
      const about = { ...decoded.foreign, ours: journal.current() };
      // Read again before the next try: an operator may have said whose the read model is.
      await learn(options, state.key, control, () => journal.reload());
      throw halts.halt(state.key, 'foreign', about);
    }
  }
}

/** Whether all messages were decoded, and none of them is quarantined. */
const isPlain = ({ parked, deferred, goOnAt }: Decoded) =>
  parked.length + deferred.length === 0 && goOnAt === undefined;

const keepsTotals = ({ tables }: HandlerOptions['projection']) =>
  tables.some(({ kind }) => kind === 'totals');

/** Learns of which journal the read model is made. Tries again until the store and the journal answer. */
export function learn(
  { projection, log }: HandlerOptions,
  partition: PartitionKey,
  control: BatchControl,
  work: () => Promise<void>,
): Promise<void> {
  const onFailure = (error: unknown, tries: number) =>
    log.warn(
      { err: error, projector: projection.name, partition, tries },
      'it cannot be told yet of which journal the read model is; trying again',
    );
  return persist(work, { control, onFailure });
}
