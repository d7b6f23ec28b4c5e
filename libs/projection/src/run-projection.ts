import { checkedName, retrySchema, type CassandraSession } from '@meridian/cassandra';
import { SHARD_COUNT } from '@meridian/kernel';
import { topicOf, type ContextName, type PartitionKey } from '@meridian/contracts';
import { startConsumer, type KafkaHandle, type Log, type TopicPartition } from '@meridian/messaging';
import { createBatchHandler } from './batch-handler.ts';
import { createTableCql } from './cql.ts';
import { createLimiter } from './limiter.ts';
import { createParkingTablesCql } from './parking/tables.ts';
import { createProgressTableCql } from './progress.ts';
import { groupIdOf, type Projection } from './projection.ts';
import { createRowWriter } from './row-writer.ts';
import { createTotals } from './totals.ts';

/** Told of what happens, for metrics. */
export interface ProjectionObserver {
  /** Events of a partition are in the rows of every region. */
  applied?(key: PartitionKey, events: number, lastEventTime: Date, seconds: number): void;
  /** How many messages of a partition are still to come. */
  lag?(key: PartitionKey, messages: bigint): void;
  /** A write failed and is tried again, or an event cannot be applied and its partition stands still. */
  failed?(kind: 'store' | 'event'): void;
  /** An event's type is not known to this version. */
  unknownType?(type: string): void;
}

/** What a projector runs on. */
export interface RunProjectionOptions {
  readonly projection: Projection;
  /** A session in the home region. */
  readonly session: CassandraSession;
  readonly kafka: KafkaHandle;
  readonly keyspace: string;
  readonly topicPrefix: string;
  /** All regions, the home region first. */
  readonly regions: readonly string[];
  readonly log: Log;
  readonly observer?: ProjectionObserver;
  /** How many writes are under way at once. */
  readonly maxWritesInFlight?: number;
  /** How many events are folded together at most. */
  readonly maxEventsPerFold?: number;
  readonly sessionTimeoutMs?: number;
  /** The consumer ended for good: end the process. */
  onCrash(error: Error): void;
}

/** A projector at work. */
export interface RunningProjection {
  /** Finishes what is in hand, commits, leaves the group. */
  stop(): Promise<void>;
  status(): ProjectionStatus;
}

/** What a projector does at the moment. */
export interface ProjectionStatus {
  readonly assigned: readonly TopicPartition[];
  /** When Kafka last answered, in milliseconds of Date.now(). */
  readonly lastActivityAt: number;
}

/** Makes a projection's tables if they are missing, joins its group and keeps its rows up to date until stopped. */
export async function runProjection(options: RunProjectionOptions): Promise<RunningProjection> {
  const { projection, session, kafka, topicPrefix, log, maxWritesInFlight = 128 } = options;
  const keyspace = checkedName(options.keyspace);
  await ensureTables(session, keyspace, projection);
  const limiter = createLimiter(maxWritesInFlight);
  const writer = createRowWriter({ session, keyspace, generation: projection.generation, limiter });
  const totals = createTotals(session, writer);
  const handler = createBatchHandler({ ...options, keyspace, writer, totals });
  let assigned: readonly TopicPartition[] = [];
  const consumer = await startConsumer({
    kafka,
    log,
    groupId: groupIdOf(projection, topicPrefix),
    topics: projection.contexts.map((name) => topicOf(name, topicPrefix)),
    concurrency: SHARD_COUNT * projection.contexts.length,
    ...(options.sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs: options.sessionTimeoutMs }),
    onBatch: (batch, control) => handler.handle(contextOfTopic(batch.topic, options), batch, control),
    onAssigned: (partitions) => (assigned = partitions),
    onRevoked: () => {
      assigned = [];
      handler.forget();
    },
    onCrash: options.onCrash,
  });
  return {
    stop: () => consumer.stop(),
    status: () => ({ assigned, lastActivityAt: consumer.lastActivityAt() }),
  };
}

/** Makes a projection's tables and the runtime's own, if they are missing. Safe from several processes at once. */
export async function ensureTables(
  session: CassandraSession,
  keyspace: string,
  projection: Projection,
): Promise<void> {
  const own = [createProgressTableCql(keyspace), ...createParkingTablesCql(keyspace)];
  for (const cql of own) await retrySchema(() => session.schema(cql));
  for (const table of projection.tables) {
    await retrySchema(() => session.schema(createTableCql(keyspace, table, projection.generation)));
  }
}

function contextOfTopic(
  topic: string,
  { projection, topicPrefix }: Pick<RunProjectionOptions, 'projection' | 'topicPrefix'>,
): ContextName {
  const name = projection.contexts.find((candidate) => topicOf(candidate, topicPrefix) === topic);
  if (!name) throw new Error(`a batch of topic ${topic}, which ${projection.name} does not consume`);
  return name;
}
