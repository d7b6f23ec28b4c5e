import type { CassandraSession } from '@meridian/cassandra';
import type { KafkaHandle, Log } from '@meridian/messaging';
import type { FedProjection } from '@meridian/projection';
import type { ParkingBounds } from '../partition/decode-batch.ts';
import type { ProjectionObserver } from '../partition/observer.ts';
import type { GroupSize } from '../store/group-queue.ts';
import type { KeptBounds } from '../store/kept-totals.ts';

/** What a projector runs on. */
export interface RunProjectionOptions {
  readonly projection: FedProjection;
  /** A session in the home region. */
  readonly session: CassandraSession;
  readonly kafka: KafkaHandle;
  readonly keyspace: string;
  readonly topicPrefix: string;
  /** All regions, the home region first. */
  readonly regions: readonly string[];
  readonly log: Log;
  readonly observer?: ProjectionObserver;
  /** Connects to a region by itself. Without this function, writes wait for every region, and none is left behind. */
  connectRegion?(region: string): Promise<CassandraSession>;
  /** How long a write waits for a region before the region is left behind. */
  readonly regionTimeoutMs?: number;
  /** How many partitions of a region are brought back at once. Each keeps about a megabyte of messages in memory. */
  readonly catchUpPartitions?: number;
  /** How much a partition quarantines before it is halted. */
  readonly parkingBounds?: ParkingBounds;
  /**
   * How many writes to the store are under way at once at most, and how many reads. Writes that wait for their turn
   * share a request.
   */
  readonly maxRequestsInFlight?: number;
  /** How much one request to the store writes at most, when it writes several partitions. */
  readonly batches?: GroupSize;
  /** How many totals are kept so that they need not be read again. */
  readonly keptTotals?: KeptBounds;
  /** How many events are folded together at most. With a backlog, a larger fold writes fewer rows, and takes longer. */
  readonly maxEventsPerFold?: number;
  /** The longest time between the beginnings of two rounds, even if the projection asks for more. */
  readonly maxRoundMs?: number;
  readonly sessionTimeoutMs?: number;
  /** How often to ask Kafka where the topics end, for the lag. */
  readonly endsEveryMs?: number;
  /**
   * Asks the journal for its id, while the read model's journal is not known yet. Gives undefined when the journal's
   * service is too old to tell. Without this function, the first event that names a journal is believed.
   */
  askJournal?(): Promise<string | undefined>;
  /** Told when the consumer has ended for good. The process should end then. */
  onCrash(error: Error): void;
}
