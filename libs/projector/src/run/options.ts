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
  /** Connects to a region by itself. Without it writes wait for every region, and none is left behind. */
  connectRegion?(region: string): Promise<CassandraSession>;
  /** How long a region is waited for before it is left behind. */
  readonly regionTimeoutMs?: number;
  /** How many partitions of a region that was away are brought back at once; each keeps about a megabyte of Kafka's messages in memory. */
  readonly catchUpPartitions?: number;
  /** How much a partition quarantines before it is halted. */
  readonly parkingBounds?: ParkingBounds;
  /** How many writes to the store are under way at once, and how many reads; writes that wait for their turn share one. */
  readonly maxRequestsInFlight?: number;
  /** How much one request to the store writes at most, when it writes several partitions. */
  readonly batches?: GroupSize;
  /** How many totals are kept so that they need not be read again. */
  readonly keptTotals?: KeptBounds;
  /** How many events are folded together at most. More save rows when there is a backlog, and take longer to be finished. */
  readonly maxEventsPerFold?: number;
  /** The projection's rounds begin so long apart at most, whatever it asks for. */
  readonly maxRoundMs?: number;
  readonly sessionTimeoutMs?: number;
  /** How often to ask Kafka where the topics end, for the lag. */
  readonly endsEveryMs?: number;
  /**
   * Asks the journal for its id, while the read model's journal is not known yet. Gives undefined when the journal's
   * service is too old to tell. Without this function, the first event that names a journal is believed.
   */
  askJournal?(): Promise<string | undefined>;
  /** The consumer ended for good: end the process. */
  onCrash(error: Error): void;
}
