import { slicesOf, unlessAborted } from '@meridian/async';
import { partitionKey, topicOf, type ContextName, type PartitionKey } from '@meridian/contracts';
import { StaleBatchError, type BatchControl, type ReceivedBatch } from '@meridian/messaging';
import { onFailure, type HandlerOptions } from './apply-batch.ts';
import type { Continuity } from './gap-detector.ts';
import { beginSlice, learn, type BegunSlice } from './begin-slice.ts';
import { createPartitionHalts, type PartitionHalts } from './partition-halts.ts';
import type { PartitionState } from './partition-state.ts';
import { persist } from './persist.ts';
import { edgesOf } from './waiting.ts';

/** Applies batches of messages to the rows. */
export interface BatchHandler {
  /**
   * Resolves when the batch's rows, and then its progress, are at a quorum of every region that answers. The home
   * region is always among these. The batch's offsets may then be committed. A region that does not answer is left
   * behind, and its progress stands still.
   *
   * Rejects with HeldBatchError when the partition has to be halted. The reason is that no more can be parked, events
   * before the batch are lost, or an event is of another journal. Rejects with StaleBatchError when the partition goes
   * on at another offset, or another process owns it by now.
   */
  handle(batch: ReceivedBatch, control: BatchControl): Promise<void>;
  /** Records the offset where a partition's topic goes on after the applied events. Does nothing when none is applied. */
  goesOnAt(context: ContextName, partition: number, nextOffset: bigint, control: BatchControl): Promise<void>;
  /** Partitions that are halted at an event of another journal. */
  foreign(): readonly PartitionKey[];
  /** Forgets all partitions: other processes may own them by now. */
  forget(): void;
}

/** All totals that a fold names are in memory while it is applied. A large order names hundreds of totals. */
export const MAX_BYTES_PER_FOLD = 4 * 1024 * 1024;

/** Makes the handler of one process. */
export function createBatchHandler(options: HandlerOptions): BatchHandler {
  const {
    projection,
    states,
    totals,
    constants,
    observer,
    gaps,
    waiting,
    journal,
    maxEventsPerFold = 2_000,
  } = options;
  const halts = createPartitionHalts({
    projector: projection.name,
    isFill: !gaps,
    log: options.log,
    observer,
  });

  async function handleBatch(
    context: ContextName,
    batch: ReceivedBatch,
    control: BatchControl,
  ): Promise<void> {
    const state = await loadState(options, context, batch.partition, control);
    if (journal.current() === undefined)
      await learn(options, state.key, control, () => journal.learn(batch.messages));
    if (gaps && control.isStale()) throw new StaleBatchError('the partition is no longer ours');
    const found = gaps?.check(state, batch);
    if (found && found.kind !== 'follows') throw rewindOrHalt(found, state, batch, control, halts);
    const bounds = { maxItems: maxEventsPerFold, maxBytes: MAX_BYTES_PER_FOLD };
    let begun: BegunSlice | undefined;
    for (const slice of slicesOf(batch.messages, ({ value }) => value?.length ?? 0, bounds)) {
      await begun?.done;
      begun = await beginSlice(options, halts, state, slice, control);
    }
    const nextOffset = found?.passed();
    if (nextOffset === undefined) control.goOn();
    else await noteOffset(options, state, nextOffset, control);
    await begun?.done;
    // This is told even if the whole batch was applied before: the state may have been read again in the meantime.
    for (const region of state.regionsBehind()) options.onMissed?.(region);
    halts.resume(state.key);
  }

  return {
    handle(batch, control) {
      const context = contextOfTopic(batch.topic, options);
      const work = () => handleBatch(context, batch, control);
      const edges = waiting && edgesOf(batch);
      return edges ? waiting.whileApplied(partitionKey(context, batch.partition), edges, work) : work();
    },
    async goesOnAt(context, partition, nextOffset, control) {
      const state = await loadState(options, context, partition, control);
      const { position, nextOffset: known = 0n } = state.taken;
      if (position > 0n && nextOffset > known) await noteOffset(options, state, nextOffset, control);
    },
    foreign: () => halts.haltedFor('foreign'),
    forget() {
      waiting?.forget();
      states.forget();
      totals.forget();
      constants.forget();
      halts.forget();
      observer?.revoked?.();
    },
  };
}

/** The context whose events a topic carries. Throws when the projection does not consume the topic. */
export function contextOfTopic(
  topic: string,
  { projection, topicPrefix }: Pick<HandlerOptions, 'projection' | 'topicPrefix'>,
): ContextName {
  const name = projection.contexts.find((candidate) => topicOf(candidate, topicPrefix) === topic);
  if (!name) throw new Error(`a batch of topic ${topic}, which ${projection.name} does not consume`);
  return name;
}

/**
 * Rewinds to the messages that are missing before a batch, or halts the partition when they are lost. Gives the error
 * that ends the batch.
 */
function rewindOrHalt(
  found: Exclude<Continuity, { readonly kind: 'follows' }>,
  state: PartitionState,
  batch: ReceivedBatch,
  control: BatchControl,
  halts: PartitionHalts,
): Error {
  if (found.kind === 'rewind') {
    control.goOnAt(found.offset);
    return new StaleBatchError(`the partition goes on at offset ${found.offset}`);
  }
  const { position, nextOffset } = state.applied;
  return halts.halt(state.key, 'lost', {
    applied: position.toString(),
    goesOnAt: nextOffset?.toString() ?? 'the beginning',
    oldest: batch.messages[0]?.offset,
  });
}

/**
 * Records where a partition goes on after a batch that moved no position. Kafka drops old messages, so the old offset
 * may be gone later.
 */
async function noteOffset(
  options: HandlerOptions,
  state: PartitionState,
  nextOffset: bigint,
  control: BatchControl,
): Promise<void> {
  const { progressWriter } = options;
  await state.alone(async () => {
    const progress = state.markResumeAt(nextOffset);
    const complete = state.completeRegions();
    const record = async (signal: AbortSignal) => {
      await unlessAborted(signal, state.resumeAt(progress, complete, progressWriter));
    };
    await persist(record, { control, onFailure: onFailure(options, state.key) });
  });
}

async function loadState(
  options: HandlerOptions,
  context: ContextName,
  partition: number,
  control: BatchControl,
): Promise<PartitionState> {
  let state: PartitionState | undefined;
  const load = async (signal: AbortSignal) => {
    state = await unlessAborted(signal, options.states.get(context, partition));
  };
  await persist(load, { control, onFailure: onFailure(options, `${context}/${partition}`) });
  if (!state) throw new Error('a partition’s state was not read');
  return state;
}
