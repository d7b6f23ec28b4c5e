import type { PartitionKey } from '@meridian/contracts';
import { HeldBatchError, type Log } from '@meridian/messaging';
import type { ProjectionObserver, HaltReason } from './observer.ts';

/** Knows which partitions are halted, and reports every change. */
export interface PartitionHalts {
  /** Halts a partition. Gives the error that pauses it for a while; the partitions beside it go on. */
  halt(key: PartitionKey, reason: HaltReason, about?: Readonly<Record<string, unknown>>): HeldBatchError;
  /** The partition goes on. */
  resume(key: PartitionKey): void;
  /** The partitions that are halted for this reason now. */
  haltedFor(reason: HaltReason): readonly PartitionKey[];
  /** Forgets all halts: other processes may own the partitions by now. */
  forget(): void;
}

const PAUSE_MS = { full: 5_000, lost: 60_000, foreign: 5_000 };

const MESSAGES = {
  full: 'no room to park more: the partition stands still until some is retried or discarded',
  lost: 'Kafka no longer holds what comes next: the partition stands still until the read model is rebuilt (meridian projections rebuild)',
  foreign:
    'an event of another journal: another system writes to these topics. The partition stands still until they are made anew (docs/operations/runbook.md#two-systems-on-one-kafka)',
};

/** Nobody owns a partition of a fill, so a fill retries and discards nothing. */
const FULL_FILL =
  'no room to park more: the fill stands still until its generation is dropped, and filled anew by mended code (docs/operations/runbook.md#a-fill-has-no-room-to-park-more)';

/** Whose partitions are halted, and who is told. */
export interface PartitionHaltsOptions {
  readonly projector: string;
  /** Whether a generation is being filled. */
  readonly isFill: boolean;
  readonly log: Log;
  readonly observer?: ProjectionObserver | undefined;
}

/** Begins with no partition halted. A halted partition is tried again after a pause. */
export function createPartitionHalts(options: PartitionHaltsOptions): PartitionHalts {
  const { projector, isFill, log, observer } = options;
  const messages = isFill ? { ...MESSAGES, full: FULL_FILL } : MESSAGES;
  const haltedNow = new Map<PartitionKey, HaltReason>();
  return {
    halt(key, reason, about = {}) {
      haltedNow.set(key, reason);
      observer?.halted?.(key, reason);
      log.error({ projector, partition: key, ...about }, messages[reason]);
      return new HeldBatchError(messages[reason], PAUSE_MS[reason]);
    },
    resume(key) {
      if (haltedNow.delete(key)) observer?.halted?.(key, undefined);
    },
    haltedFor: (reason) => [...haltedNow].filter(([, why]) => why === reason).map(([key]) => key),
    forget: () => haltedNow.clear(),
  };
}
