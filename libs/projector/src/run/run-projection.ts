import { checkedName } from '@meridian/cassandra';
import { partitionKey, topicOf, type PartitionKey } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { followEnds, startConsumer, type RunningConsumer, type TopicPartition } from '@meridian/messaging';
import { groupIdOf } from '@meridian/projection';
import { ensureTables } from '@meridian/read-store';
import { contextOfTopic } from '../partition/handle-batch.ts';
import { createWaiting } from '../partition/waiting.ts';
import { createEngine, type Engine } from './engine.ts';
import type { RunProjectionOptions } from './options.ts';

/** A projector at work. */
export interface RunningProjection {
  /** Finishes the batches under way, commits their offsets, and leaves the group. */
  stop(): Promise<void>;
  status(): ProjectionStatus;
}

/** What a projector does at the moment. */
export interface ProjectionStatus {
  readonly assigned: readonly TopicPartition[];
  /** Whether the projector has been a member of its group. A member of a full group owns no partition. */
  readonly hasJoined: boolean;
  /** Partitions that are halted at an event of another journal: two systems write to the same topics. */
  readonly foreign: readonly PartitionKey[];
  /** When Kafka last answered, in milliseconds of Date.now(). */
  readonly lastActivityAt: number;
}

/**
 * Makes a projection's tables if they are missing, joins its group and keeps its rows up to date until stopped. The signal ends the
 * waits for the tables and for Kafka: then this rejects, and nothing runs.
 */
export async function runProjection(
  options: RunProjectionOptions,
  signal?: AbortSignal,
): Promise<RunningProjection> {
  const { projection, session, kafka, topicPrefix, log } = options;
  await ensureTables(session, checkedName(options.keyspace), projection, signal);
  const waiting = createWaiting(options.observer);
  const engine = createEngine({ ...options, fromKafka: true, waiting });
  const topics = projection.contexts.map((name) => topicOf(name, topicPrefix));
  let assigned: readonly TopicPartition[] = [];
  let hasJoined = false;
  // Partitions may be assigned before `startConsumer` resolves. No rewind happens so soon.
  let rewindTo: RunningConsumer['goOnAt'] = () => undefined;
  const consumer = await startConsumer({
    kafka,
    log,
    groupId: groupIdOf(projection, topicPrefix),
    topics,
    signal,
    concurrency: SHARD_COUNT * projection.contexts.length,
    roundMs: Math.min(projection.roundMs ?? 0, options.maxRoundMs ?? Infinity),
    ...(options.sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs: options.sessionTimeoutMs }),
    onBatch: engine.handler.handle,
    onAssigned: (partitions) => {
      assigned = partitions;
      hasJoined = true;
      engine.take(
        partitions.map(({ topic, partition }) => ({
          context: contextOfTopic(topic, options),
          partition,
          goOnAt: (offset: bigint) => rewindTo({ topic, partition }, offset),
        })),
      );
    },
    onRevoked: () => {
      assigned = [];
      engine.handler.forget();
    },
    onCrash: options.onCrash,
  }).catch(async (error: unknown) => {
    await engine.stop();
    throw error;
  });
  rewindTo = consumer.goOnAt;
  // A halted partition fetches nothing, so no fetch tells how many messages come in. Kafka is asked instead.
  const ends = followEnds({
    kafka,
    topics,
    everyMs: options.endsEveryMs ?? ENDS_EVERY_MS,
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
      assigned,
      hasJoined,
      foreign: engine.handler.foreign(),
      lastActivityAt: consumer.lastActivityAt(),
    }),
  };
}

const ENDS_EVERY_MS = 5_000;

/**
 * The engine of a fill. It applies events of the journal to the rows of one generation. Its writes wait for every region,
 * since nobody waits for a fill. To be stopped when the fill has ended.
 */
export function createFillEngine({
  connectRegion: _waits,
  ...options
}: RunProjectionOptions): Pick<Engine, 'handler' | 'stop'> {
  return createEngine({ ...options, fromKafka: false });
}
