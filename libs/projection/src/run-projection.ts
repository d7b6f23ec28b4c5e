import { changeSchema, checkedName, type CassandraSession } from '@meridian/cassandra';
import { SHARD_COUNT } from '@meridian/kernel';
import { fromMessage, partitionKey, topicOf, type ContextName, type PartitionKey } from '@meridian/contracts';
import {
  followEnds,
  startConsumer,
  type KafkaHandle,
  type Log,
  type ReceivedBatch,
  type ReceivedMessage,
  type RunningConsumer,
  type TopicPartition,
} from '@meridian/messaging';
import type { BatchHandler } from './batch-handler.ts';
import { createTableCql } from './cql.ts';
import { createEngine } from './engine.ts';
import type { ParkingBounds } from './decode-batch.ts';
import { createParkingTablesCql } from './parking/tables.ts';
import { createProgressTableCql } from './progress.ts';
import type { KeptBounds } from './kept-totals.ts';
import { createJournalTableCql } from './read-model-journal.ts';
import { checkColumns } from './table-columns.ts';
import { checkProjection, groupIdOf, type Projection } from './projection.ts';
import type { StandStillReason } from './stand-still.ts';
import { createWaiting, type BatchEdges } from './waiting.ts';

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
   * A partition stands still, because no more can be parked (full), Kafka lost what comes next (lost), or the next event is of
   * another journal (foreign); undefined: it goes on.
   */
  standsStill?(key: PartitionKey, reason: StandStillReason | undefined): void;
  /** The partitions may be another process' by now: what was told of them is no longer true of this one. */
  revoked?(): void;
  /** So many aggregates of a partition are parked. */
  parked?(key: PartitionKey, aggregates: number): void;
  /** A region stopped answering, or answers again. */
  regionAnswers?(region: string, answers: boolean): void;
  /** A region lacks something in so many partitions; in so many of them Kafka cannot bring it back. */
  regionBehind?(region: string, partitions: number, lost: number): void;
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
  /** Connects to a region by itself. Without it writes wait for every region, and none is left behind. */
  connectRegion?(region: string): Promise<CassandraSession>;
  /** How long a region is waited for before it is left behind. */
  readonly regionTimeoutMs?: number;
  /** How much a partition puts aside before it stands still. */
  readonly parkingBounds?: ParkingBounds;
  /** How many writes to the store are under way at once, and how many reads; writes that wait for their turn share one. */
  readonly maxRequestsInFlight?: number;
  /** How many totals are kept so that they need not be read again. */
  readonly keptTotals?: KeptBounds;
  /** How many events are folded together at most. More save rows when there is a backlog, and take longer to be finished. */
  readonly maxEventsPerFold?: number;
  readonly sessionTimeoutMs?: number;
  /** How often to ask Kafka where the topics end, for the lag. */
  readonly endsEveryMs?: number;
  /**
   * Asks the journal for its id, when it is not known yet of which journal the read model is; undefined: its service is too old
   * to tell. Without it the first event that names a journal is believed.
   */
  askJournal?(): Promise<string | undefined>;
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
  /** Whether it has been a member of its group; a member of a full group owns nothing. */
  readonly hasJoined: boolean;
  /** Partitions that stand still at an event of another journal: two systems write to the same topics. */
  readonly foreign: readonly PartitionKey[];
  /** When Kafka last answered, in milliseconds of Date.now(). */
  readonly lastActivityAt: number;
}

/** Makes a projection's tables if they are missing, joins its group and keeps its rows up to date until stopped. */
export async function runProjection(options: RunProjectionOptions): Promise<RunningProjection> {
  const { projection, session, kafka, topicPrefix, log } = options;
  await ensureTables(session, checkedName(options.keyspace), projection);
  const engine = createEngine({ ...options, fromKafka: true });
  const topics = projection.contexts.map((name) => topicOf(name, topicPrefix));
  const waiting = createWaiting(options.observer);
  let assigned: readonly TopicPartition[] = [];
  let hasJoined = false;
  // The group may be joined before the consumer is at hand; nobody looks back so soon.
  let lookBack: RunningConsumer['goOnAt'] = () => undefined;
  const consumer = await startConsumer({
    kafka,
    log,
    groupId: groupIdOf(projection, topicPrefix),
    topics,
    concurrency: SHARD_COUNT * projection.contexts.length,
    ...(options.sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs: options.sessionTimeoutMs }),
    onBatch(batch, control) {
      const context = contextOfTopic(batch.topic, options);
      const work = () => engine.handler.handle(context, batch, control);
      const edges = edgesOf(batch);
      return edges ? waiting.whileApplied(partitionKey(context, batch.partition), edges, work) : work();
    },
    onAssigned: (partitions) => {
      assigned = partitions;
      hasJoined = true;
      engine.take(
        partitions.map(({ topic, partition }) => ({
          ...{ context: contextOfTopic(topic, options), partition },
          goOnAt: (offset: bigint) => lookBack({ topic, partition }, offset),
        })),
      );
    },
    onRevoked: () => {
      assigned = [];
      waiting.forget();
      engine.handler.forget();
    },
    onCrash: options.onCrash,
  });
  lookBack = consumer.goOnAt;
  // A batch that cannot be applied holds its partition up: no fetch tells how much comes in behind it.
  const ends = followEnds({
    ...{ kafka, topics, everyMs: options.endsEveryMs ?? ENDS_EVERY_MS },
    onEnd: ({ topic, partition, offset }) =>
      waiting.endsAt(partitionKey(contextOfTopic(topic, options), partition), offset),
  });
  return {
    async stop() {
      await ends.stop();
      await consumer.stop();
      await engine.stop();
    },
    status: () => ({
      ...{ assigned, hasJoined, foreign: engine.handler.foreign() },
      lastActivityAt: consumer.lastActivityAt(),
    }),
  };
}

const ENDS_EVERY_MS = 5_000;

function edgesOf({ messages, partition, highWatermark }: ReceivedBatch): BatchEdges | undefined {
  const [first, last] = [messages[0], messages.at(-1)];
  if (!first || !last) return undefined;
  return {
    ...{ firstOffset: BigInt(first.offset), lastOffset: BigInt(last.offset), end: BigInt(highWatermark) },
    ...{ firstAt: recordedAt(first, partition), lastAt: recordedAt(last, partition) },
  };
}

/** When a message's event was recorded; now, when the message does not tell. */
function recordedAt({ headers, value }: ReceivedMessage, partition: number): Date {
  try {
    return fromMessage({ partition, headers, value }).time;
  } catch {
    return new Date();
  }
}

/**
 * What applies events to the rows of a projection's generation, wherever they come from. It waits for every region: for fills,
 * which nobody waits for.
 */
export function createHandler({ connectRegion: _waits, ...options }: RunProjectionOptions): BatchHandler {
  return createEngine({ ...options, fromKafka: false }).handler;
}

/**
 * Makes a projection's tables and the runtime's own, if they are missing. Safe from several processes at once. Rejects with
 * ChangedTableError when one is there with other columns.
 */
export async function ensureTables(
  session: CassandraSession,
  keyspace: string,
  projection: Projection,
): Promise<void> {
  checkProjection(projection);
  const own = [
    ...createProgressTableCql(keyspace),
    createJournalTableCql(keyspace),
    ...createParkingTablesCql(keyspace),
  ];
  const rows = projection.tables.map((table) => createTableCql(keyspace, table, projection.generation));
  await changeSchema(session, [...own, ...rows]);
  await checkColumns(session, keyspace, projection.tables, projection.generation);
}

function contextOfTopic(
  topic: string,
  { projection, topicPrefix }: Pick<RunProjectionOptions, 'projection' | 'topicPrefix'>,
): ContextName {
  const name = projection.contexts.find((candidate) => topicOf(candidate, topicPrefix) === topic);
  if (!name) throw new Error(`a batch of topic ${topic}, which ${projection.name} does not consume`);
  return name;
}
