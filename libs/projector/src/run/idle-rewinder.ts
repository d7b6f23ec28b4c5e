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
  /** Soon checks these partitions, except those of which a batch has come by then. */
  take(partitions: readonly TakenPartition[]): void;
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

  async function rewindIdle(partitions: readonly TakenPartition[]): Promise<void> {
    const unseen = states.loaded().filter((state) => gaps.resumeUnseen(state) !== undefined);
    if (unseen.length === 0) return;
    const contexts = [...new Set(unseen.map(({ context }) => context))];
    const topics = contexts.map((context) => topicOf(context, topicPrefix));
    const lags = await consumerLag(kafka, groupIdOf(projection, topicPrefix), topics);
    for (const state of unseen) {
      const { context, partition } = state;
      const lag = lags.find(
        (one) => one.topic === topicOf(context, topicPrefix) && one.partition === partition,
      );
      const offset = gaps.resumeUnseen(state);
      if (!lag || offset === undefined || lag.committed <= (state.taken.nextOffset ?? 0n)) continue;
      partitions.find((one) => one.context === context && one.partition === partition)?.goOnAt(offset);
    }
  }

  function rewindSoon(partitions: readonly TakenPartition[]): void {
    timer = setTimeout(() => {
      rewinding = rewindIdle(partitions).catch((error: unknown) => {
        log.warn(
          { err: error, projector: projection.name },
          'Kafka’s offsets could not be read; trying again',
        );
        rewindSoon(partitions);
      });
    }, SOON_MS);
  }

  return {
    take(partitions) {
      clearTimeout(timer);
      rewindSoon(partitions);
    },
    async stop() {
      clearTimeout(timer);
      await rewinding;
      clearTimeout(timer);
    },
  };
}
