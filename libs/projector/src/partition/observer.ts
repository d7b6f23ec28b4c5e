import type { PartitionKey } from '@meridian/contracts';

/** Why a partition is halted: no more can be parked, Kafka no longer holds what comes next, or the next event is another journal's. */
export type HaltReason = 'full' | 'lost' | 'foreign';

/** Told of what happens, for metrics. */
export interface ProjectionObserver {
  /** Events of a partition are in the rows of every region. */
  applied?(key: PartitionKey, events: number, lastEventTime: Date, seconds: number): void;
  /**
   * How many messages of a partition are in Kafka and not applied; also while none can be. Not told of what a fill takes from the
   * journal.
   */
  lag?(key: PartitionKey, messages: bigint): void;
  /** When the oldest of them was recorded, or since when one is known to wait; undefined when nothing waits. */
  waitsSince?(key: PartitionKey, since: Date | undefined): void;
  /** A write failed and is tried again (store), or an event cannot be applied and parks its aggregate (event). */
  failed?(kind: 'store' | 'event'): void;
  /** An event's type is not known to this version: it is kept for one that knows it. */
  unknownType?(type: string): void;
  /**
   * A partition is halted: no more can be parked (full), Kafka lost what comes next (lost), or the next event is of
   * another journal (foreign). Undefined: the partition goes on.
   */
  halted?(key: PartitionKey, reason: HaltReason | undefined): void;
  /** The partitions may be another process' by now: what was told of them is no longer true of this one. */
  revoked?(): void;
  /** So many aggregates of a partition are parked. */
  parked?(key: PartitionKey, aggregates: number): void;
  /** A region stopped answering, or answers again. */
  regionAnswers?(region: string, answers: boolean): void;
  /** A region lacks something in so many partitions; in so many of them Kafka cannot bring it back. */
  regionBehind?(region: string, partitions: number, lost: number): void;
}
