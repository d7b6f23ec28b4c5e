import type { PartitionKey } from '@meridian/contracts';
import type { BatchControl, ReceivedBatch } from '@meridian/messaging';
import { apply, type HandlerOptions } from './apply-batch.ts';
import { decodeBatch } from './decode-batch.ts';
import type { PartitionHalts } from './partition-halts.ts';
import type { PartitionState } from './partition-state.ts';
import { persist } from './persist.ts';

/** Decodes and applies a slice of a batch, alone in its partition. Throws what ends the batch when the partition has to be halted. */
export async function handleSlice(
  options: HandlerOptions,
  halts: PartitionHalts,
  state: PartitionState,
  slice: ReceivedBatch['messages'],
  control: BatchControl,
): Promise<void> {
  const { projection, parkingBounds, journal } = options;
  let rest = slice;
  for (;;) {
    const decoded = await state.mutex(async () => {
      const found = decodeBatch(rest, state, projection, parkingBounds, journal.current());
      await apply(options, state, found, control);
      return found;
    });
    if (decoded.goOnAt === undefined) return;
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

/** Learns whose events these are, again and again until store and journal answer. */
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
