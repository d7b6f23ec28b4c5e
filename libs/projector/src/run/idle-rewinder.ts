import { unlessAborted } from '@meridian/async';
import { topicOf, type ContextName } from '@meridian/contracts';
import { consumerLag } from '@meridian/messaging';
import { groupIdOf } from '@meridian/projection';
import type { GapDetector } from '../partition/gap-detector.ts';
import type { PartitionStates } from '../partition/partition-states.ts';
import type { RunProjectionOptions } from './options.ts';

/** A partition that is taken over. */
export interface TakenPartition {
  readonly context: ContextName;
  readonly partition: number;
  /** Lets the consumer of the partition go on at this offset. */
  goOnAt(offset: bigint): void;
}

/** Rewinds idle partitions to their progress, where the offsets of their group are beyond it. */
export interface IdleRewinder {
  /**
   * Soon checks these partitions, except those of which a batch has come by then. A partition whose state is not read yet
   * is checked later. Nothing more is checked once the signal is aborted, or other partitions are taken.
   */
  take(partitions: readonly TakenPartition[], signal: AbortSignal): void;
  stop(): Promise<void>;
}

const SOON_MS = 2_000;

/**
 * Makes a rewinder. The gap detector only notices a gap when a batch comes, and no batch comes of a partition without
 * new events. Its group's offsets may be of an earlier home region, which had applied more than this one.
 */
export function createIdleRewinder(
  { projection, kafka, topicPrefix, log }: RunProjectionOptions,
  states: PartitionStates,
  gaps: GapDetector,
): IdleRewinder {
  let timer: NodeJS.Timeout | undefined;
  let rewinding: Promise<void> | undefined;

  const stateOf = ({ context, partition }: TakenPartition) =>
    states.loaded().find((state) => state.context === context && state.partition === partition);

  async function rewindIdle(partitions: readonly TakenPartition[], signal: AbortSignal): Promise<void> {
    const unseen = partitions.flatMap((taken) => {
      const state = stateOf(taken);
      return state && gaps.resumeUnseen(state) !== undefined ? [{ taken, state }] : [];
    });
    if (unseen.length === 0) return;
    const contexts = [...new Set(unseen.map(({ taken }) => taken.context))];
    const topics = contexts.map((context) => topicOf(context, topicPrefix));
    const lags = await unlessAborted(signal, consumerLag(kafka, groupIdOf(projection, topicPrefix), topics));
    if (signal.aborted) return;
    for (const { taken, state } of unseen) {
      const { context, partition } = taken;
      const lag = lags.find(
        (one) => one.topic === topicOf(context, topicPrefix) && one.partition === partition,
      );
      const offset = gaps.resumeUnseen(state);
      if (!lag || offset === undefined || lag.committed <= (state.taken.nextOffset ?? 0n)) continue;
      taken.goOnAt(offset);
    }
  }

  /** Checks the partitions whose states are read. Gives the partitions that are still to be checked. */
  async function check(
    partitions: readonly TakenPartition[],
    signal: AbortSignal,
  ): Promise<readonly TakenPartition[]> {
    const [read, unread] = [partitions.filter(stateOf), partitions.filter((taken) => !stateOf(taken))];
    try {
      await rewindIdle(read, signal);
      return unread;
    } catch (error) {
      if (signal.aborted) return [];
      const about = { err: error, projector: projection.name };
      log.warn(about, 'Kafka’s offsets could not be read; trying again');
      return partitions;
    }
  }

  function rewindSoon(partitions: readonly TakenPartition[], signal: AbortSignal): void {
    if (signal.aborted || partitions.length === 0) return;
    timer = setTimeout(() => {
      rewinding = check(partitions, signal).then((left) => rewindSoon(left, signal));
    }, SOON_MS);
  }

  return {
    take(partitions, signal) {
      clearTimeout(timer);
      rewindSoon(partitions, signal);
    },
    async stop() {
      clearTimeout(timer);
      await rewinding;
      clearTimeout(timer);
    },
  };
}
