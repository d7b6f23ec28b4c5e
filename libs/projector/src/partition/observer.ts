import type { PartitionKey } from '@meridian/contracts';

/** Why a partition is halted: no more can be parked, Kafka no longer holds what comes next, or the next event is another journal's. */
export type HaltReason = 'full' | 'lost' | 'foreign';

/** Told of what happens, for metrics. */
export interface ProjectionObserver {
  /** Events of a partition are in the rows of every region that answers, and the progress says so. */
  applied?(key: PartitionKey, events: number, lastEventTime: Date, seconds: number): void;
  /**
   * How many messages of a partition are in Kafka and not applied, also while the partition is halted. A fill from the
   * journal is not counted.
   */
  lag?(key: PartitionKey, messages: bigint): void;
  /** When the oldest waiting event was recorded, or since when an event is known to wait. Undefined when none waits. */
  waitsSince?(key: PartitionKey, since: Date | undefined): void;
  /** A write failed and is tried again (store), or an event cannot be applied and parks its aggregate (event). */
  failed?(kind: 'store' | 'event'): void;
  /** This version of the code does not know an event's type. The event is deferred for a later version. */
  unknownType?(type: string): void;
  /**
   * A partition is halted: no more can be parked (full), Kafka lost what comes next (lost), or the next event is of
   * another journal (foreign). Undefined: the partition goes on.
   */
  halted?(key: PartitionKey, reason: HaltReason | undefined): void;
  /** Other processes may own the partitions by now: whatever was told of the partitions no longer counts for this process. */
  revoked?(): void;
  /** So many aggregates of a partition are parked. */
  parked?(key: PartitionKey, aggregates: number): void;
  /** A region stopped answering, or answers again. */
  regionAnswers?(region: string, answers: boolean): void;
  /** A region lacks something in so many partitions; in so many of them Kafka cannot bring it back. */
  regionBehind?(region: string, partitions: number, lost: number): void;
}
