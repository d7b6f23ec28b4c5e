import type { PartitionKey } from '@meridian/contracts';
import { HeldBatchError, type Log } from '@meridian/messaging';
import type { ProjectionObserver, StandStillReason } from './observer.ts';

/** Says aloud which partitions stand still. */
export interface StandStills {
  /** Makes the error that leaves the partition alone for a while; those beside it go on. */
  begin(
    key: PartitionKey,
    reason: StandStillReason,
    about?: Readonly<Record<string, unknown>>,
  ): HeldBatchError;
  /** It goes on. */
  end(key: PartitionKey): void;
  /** Those that stand still for this reason now. */
  standing(reason: StandStillReason): readonly PartitionKey[];
  /** All of them may be another process' by now. */
  forget(): void;
}

const PAUSE_MS = { full: 5_000, lost: 60_000, foreign: 5_000 };

const MESSAGES = {
  full: 'no room to park more: the partition stands still until some is retried or discarded',
  lost: 'Kafka no longer holds what comes next: the partition stands still until the read model is rebuilt (meridian projections rebuild)',
  foreign:
    'an event of another journal: another system writes to these topics. The partition stands still until they are made anew (docs/operations.md, "Two systems on one Kafka")',
};

/** Makes it. What stands still is looked at again now and then. */
export function createStandStills(projector: string, log: Log, observer?: ProjectionObserver): StandStills {
  const standing = new Map<PartitionKey, StandStillReason>();
  return {
    begin(key, reason, about = {}) {
      standing.set(key, reason);
      observer?.standsStill?.(key, reason);
      log.error({ projector, partition: key, ...about }, MESSAGES[reason]);
      return new HeldBatchError(MESSAGES[reason], PAUSE_MS[reason]);
    },
    end(key) {
      if (standing.delete(key)) observer?.standsStill?.(key, undefined);
    },
    standing: (reason) => [...standing].filter(([, why]) => why === reason).map(([key]) => key),
    forget: () => standing.clear(),
  };
}
