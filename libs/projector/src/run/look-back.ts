import { topicOf, type ContextName } from '@meridian/contracts';
import { consumerLag } from '@meridian/messaging';
import { groupIdOf } from '@meridian/projection';
import type { Seams } from '../partition/continuity.ts';
import type { PartitionStates } from '../partition/partition-state.ts';
import type { RunProjectionOptions } from './options.ts';

/** A partition that is taken over. */
export interface TakenPartition {
  readonly context: ContextName;
  readonly partition: number;
  /** Has its consumer go on elsewhere. */
  goOnAt(offset: bigint): void;
}

/** Has idle partitions resume from progress, where their group's offsets have left that behind. */
export interface LookBack {
  /** Looks soon at those of these partitions of which no batch comes by itself. */
  take(partitions: readonly TakenPartition[]): void;
  stop(): Promise<void>;
}

const SOON_MS = 2_000;

/**
 * Makes it. A batch that begins above progress is noticed when it comes; but of a partition where nothing happens none comes,
 * and the offsets may be those of a home region that was further than this one.
 */
export function createLookBack(
  { projection, kafka, topicPrefix, log }: RunProjectionOptions,
  states: PartitionStates,
  seams: Seams,
): LookBack {
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  async function look(partitions: readonly TakenPartition[]): Promise<void> {
    const unseen = states.loaded().filter((state) => seams.resumeUnseen(state) !== undefined);
    if (unseen.length === 0) return;
    const contexts = [...new Set(unseen.map(({ context }) => context))];
    const topics = contexts.map((context) => topicOf(context, topicPrefix));
    const lags = await consumerLag(kafka, groupIdOf(projection, topicPrefix), topics);
    for (const state of unseen) {
      const { context, partition } = state;
      const lag = lags.find(
        (one) => one.topic === topicOf(context, topicPrefix) && one.partition === partition,
      );
      const offset = seams.resumeUnseen(state);
      if (!lag || offset === undefined || lag.committed <= (state.applied.nextOffset ?? 0n)) continue;
      partitions.find((one) => one.context === context && one.partition === partition)?.goOnAt(offset);
    }
  }

  function lookSoon(partitions: readonly TakenPartition[]): void {
    timer = setTimeout(() => {
      looking = look(partitions).catch((error: unknown) => {
        log.warn(
          { err: error, projector: projection.name },
          'Kafka’s offsets could not be read; trying again',
        );
        lookSoon(partitions);
      });
    }, SOON_MS);
  }

  return {
    take(partitions) {
      clearTimeout(timer);
      lookSoon(partitions);
    },
    async stop() {
      clearTimeout(timer);
      await looking;
      clearTimeout(timer);
    },
  };
}
