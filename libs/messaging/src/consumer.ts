import { unlessAborted } from '@meridian/async';
import kafkajs, { type Consumer, type EachBatchPayload } from 'kafkajs';
import { createActivity, type Activity } from './activity.ts';
import { newMember, subscribe, type MemberOptions } from './group-member.ts';
import { createHeldPartitions, type HeldPartitions } from './held-partitions.ts';
import { sharedBatches } from './wire/patch-wire.ts';
import { activityOf } from './kafka.ts';
import { createLongBatches, type BatchTurn, type LongBatches, type Outcome } from './long-batches.ts';
import { silentLog, type Log } from './log.ts';
import { createOffsetCommits, type OffsetCommits } from './offset-commits.ts';
import { createRounds } from './rounds.ts';

/** A message as it was received. */
export interface ReceivedMessage {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
  readonly value: Buffer | null;
}

/** Messages of one partition, in order. */
export interface ReceivedBatch {
  readonly topic: string;
  readonly partition: number;
  /** The offset that the partition's next message will get. */
  readonly highWatermark: string;
  readonly messages: readonly ReceivedMessage[];
}

/** What a handler may ask and must do while it works on a batch. */
export interface BatchControl {
  /** Tells the group that this member is alive; to be called at least every few seconds. */
  heartbeat(): Promise<void>;
  /**
   * True when the partition was or may be revoked, when the consumer is stopping, or when the partition goes on at
   * another offset. Give up quickly, by throwing StaleBatchError.
   */
  isStale(): boolean;
  /** Goes on with the partition at an offset, or at the oldest existing offset. This batch is stale from now on. */
  goOnAt(offset: bigint): void;
  /**
   * Lets the partition's next batch begin beside this one, where batches take long because a store is far away. Does nothing
   * elsewhere. The batches have to end in their order. When this one fails, those after it are stale, and come again with it.
   */
  goOn(): void;
}

/**
 * A batch was given up because its partition is no longer this member's, or goes on at another offset. Its offsets are
 * not committed.
 */
export class StaleBatchError extends Error {
  override readonly name = 'StaleBatchError';
}

/**
 * A batch cannot be handled now. Its partition is paused for a while, then the batch comes again; other partitions go
 * on.
 */
export class HeldBatchError extends Error {
  override readonly name = 'HeldBatchError';
  readonly forMs: number;

  constructor(message: string, forMs: number) {
    super(message);
    this.forMs = forMs;
  }
}

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** How to consume. */
export interface ConsumerOptions extends MemberOptions {
  readonly topics: readonly string[];
  /** How many partitions are worked on at once. */
  readonly concurrency?: number;
  /**
   * Rounds of fetching and handling begin so long apart at least, so that later rounds have more messages. A message that
   * comes after a quiet time is not delayed; others are, by so long at most.
   */
  readonly roundMs?: number;
  /** How often the offsets of finished batches are committed. They are also committed when the consumer stops. */
  readonly commitIntervalMs?: number;
  readonly log?: Log;
  /** Ends a start that waits for Kafka. Has no meaning once the consumer joins its group. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Handles a batch. Its offsets are committed some time after this resolves, and only then. When this rejects, the
   * batch comes again.
   */
  onBatch(batch: ReceivedBatch, control: BatchControl): Promise<void>;
  onAssigned?(partitions: readonly TopicPartition[]): void;
  /** Called when partitions may no longer be this member's: forget all state of these partitions. */
  onRevoked?(): void;
  /** The consumer has failed permanently: the process should end too. */
  onCrash(error: Error): void;
}

/** A consumer at work. */
export interface RunningConsumer {
  /** Finishes the current batches, leaves the group, disconnects. */
  stop(): Promise<void>;
  /**
   * Goes on with a partition at an offset, or at the oldest existing offset. Nothing happens when the partition is not
   * this member's.
   */
  goOnAt(partition: TopicPartition, offset: bigint): void;
  /**
   * When the consumer last fetched or sent a heartbeat, or tried to, in milliseconds of Date.now(). A consumer keeps
   * trying while Kafka is away, so an old time means that the consumer itself is stuck. A step of the clock does not
   * make the time old.
   */
  lastActivityAt(): number;
}

/**
 * Joins a group from the earliest offset and works until stopped. When it rejects, nothing of it is left. No offset is committed before its batch is done.
 * After a crash, batches that were done and not committed come again. Once the signal is aborted, a start that still waits for Kafka
 * rejects. A connection that comes after that is closed.
 */
export async function startConsumer(options: ConsumerOptions): Promise<RunningConsumer> {
  const { kafka, groupId, topics, concurrency = 12 } = options;
  const { commitIntervalMs = 1_000, roundMs = 0, signal } = options;
  const consumer = newMember(options);
  const client = activityOf(kafka);
  const activity = createActivity();
  const answered = (): void => {
    activity.answered();
    client.answered();
  };
  let stopping = false;
  const commits = createOffsetCommits(commitIntervalMs, options.log ?? silentLog);
  const held = createHeldPartitions();
  const long = createLongBatches((error) =>
    (options.log ?? silentLog).warn({ err: error, groupId }, 'a batch was not handled; it comes again'),
  );
  const rounds = createRounds(roundMs);
  const goOnAt = ({ topic, partition }: TopicPartition, offset: bigint) => {
    if (stopping) return;
    long.moved(topic, partition);
    consumer.seek({ topic, partition, offset: offset.toString() });
  };
  const readNoMore = sharedBatches.readBy(topics);
  watch(consumer, options, { held, long, commits }, { tried: activity.tried, answered });
  const subscribed = subscribe(consumer, topics, signal);
  try {
    await unlessAborted(signal, subscribed);
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: concurrency,
      eachBatch: async (payload) => {
        answered();
        rounds.begin();
        const goBack = () => goOnAt(payload.batch, BigInt(payload.batch.messages[0]?.offset ?? 0n));
        await long.run({ ...payload, goBack }, (turn) =>
          handle(payload, options, { commits, held, goOnAt, goBack, turn, isStopping: () => stopping }),
        );
        // Not part of the batch: how long a batch takes tells whether a store is far away.
        await rounds.rest();
      },
    });
  } catch (error) {
    // As when a topic is missing. Whoever tries again gets a new consumer.
    readNoMore();
    const disconnect = () => consumer.disconnect().catch(() => undefined);
    // kafkajs cannot end a connect: a consumer that was disconnected meanwhile would still connect.
    const disconnected = subscribed.then(disconnect, disconnect);
    if (!signal?.aborted) await disconnected;
    throw error;
  }
  return {
    async stop() {
      stopping = true;
      rounds.end();
      await long.ended();
      await commits.flush();
      await consumer.stop();
      await consumer.disconnect();
      readNoMore();
    },
    goOnAt,
    // Of the client only its tries to connect count. Its answers are of all its consumers, and one of these may be stuck.
    lastActivityAt: () => Date.now() - Math.min(activity.idleMs(), client.untriedMs()),
  };
}

interface Surroundings {
  readonly commits: OffsetCommits;
  readonly held: HeldPartitions;
  readonly goOnAt: RunningConsumer['goOnAt'];
  /** Goes on at the beginning of the batch. */
  readonly goBack: () => void;
  readonly turn: BatchTurn;
  readonly isStopping: () => boolean;
}

async function handle(
  payload: EachBatchPayload,
  options: ConsumerOptions,
  { commits, held, goOnAt, goBack, turn, isStopping }: Surroundings,
): Promise<Outcome> {
  const { batch, resolveOffset, isRunning, isStale } = payload;
  // kafkajs' own isStale knows about seeks only. A heartbeat reports that the group changes, and only to its sender.
  let groupChanges = false;
  const heartbeat = async () => {
    try {
      await payload.heartbeat();
    } catch (error) {
      groupChanges ||= isRebalance(error);
      throw error;
    }
  };
  const isGone = () => isStopping() || turn.isStale() || !isRunning() || isStale() || groupChanges;
  const messages = batch.messages.map(({ offset, key, headers, value }) => ({
    offset,
    key,
    headers: headers ?? {},
    value,
  }));
  const { topic, partition, highWatermark } = batch;
  let hasGoneOn = false;
  const goOn = () => {
    if (!turn.goOn || hasGoneOn || isGone()) return;
    hasGoneOn = true;
    resolveOffset(batch.lastOffset());
    turn.goOn();
  };
  try {
    await options.onBatch(
      { topic, partition, highWatermark, messages },
      { heartbeat, isStale: isGone, goOnAt: (offset) => goOnAt({ topic, partition }, offset), goOn },
    );
  } catch (error) {
    if (error instanceof StaleBatchError) {
      // What was begun after this batch must not be taken for what follows it.
      if (hasGoneOn && !turn.isStale()) goBack();
      return 'given-up';
    }
    if (!(error instanceof HeldBatchError)) throw error;
    if (hasGoneOn && !turn.isStale()) goBack();
    held.hold(payload.pause, error.forMs);
    return 'held';
  }
  if (isStale() || turn.isStale()) return 'given-up';
  const told = async () => {
    await heartbeat();
    await commits.done(payload);
  };
  if (!hasGoneOn) {
    resolveOffset(batch.lastOffset());
    await told();
    return 'done';
  }
  try {
    await told();
  } catch (error) {
    // It is done all the same. The batches after it tell whoever fetches that the group changes, and commit.
    (options.log ?? silentLog).warn(
      { err: error, topic, partition },
      'offsets were not committed; they will be later',
    );
  }
  return 'done';
}

function watch(
  consumer: Consumer,
  options: ConsumerOptions,
  { held, long, commits }: Pick<Surroundings, 'held' | 'commits'> & { readonly long: LongBatches },
  activity: Pick<Activity, 'tried' | 'answered'>,
): void {
  const { GROUP_JOIN, REBALANCING, CRASH, HEARTBEAT, FETCH, FETCH_START, REQUEST, REQUEST_TIMEOUT, STOP } =
    consumer.events;
  const log = options.log ?? silentLog;
  const revoked = () => {
    held.release();
    long.revoke();
    commits.forget();
    options.onRevoked?.();
  };
  consumer.on(HEARTBEAT, activity.answered);
  consumer.on(FETCH, activity.answered);
  consumer.on(FETCH_START, activity.tried);
  // Also while its group cannot be joined: then it neither fetches nor sends heartbeats, for minutes.
  consumer.on(REQUEST, activity.tried);
  consumer.on(REQUEST_TIMEOUT, activity.tried);
  consumer.on(GROUP_JOIN, ({ payload }) => {
    revoked();
    const assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    log.info({ groupId: options.groupId, partitions: assigned.length }, 'joined the group');
    options.onAssigned?.(assigned);
  });
  consumer.on(REBALANCING, revoked);
  consumer.on(STOP, revoked);
  consumer.on(CRASH, ({ payload: { error, restart } }) => {
    activity.tried();
    if (restart) log.warn({ err: error, groupId: options.groupId }, 'the consumer crashed and restarts');
    else options.onCrash(error);
  });
}

/**
 * Whether an error means that this member has to join its group again. The batch comes again, to the new owner of the
 * partition.
 */
function isRebalance(error: unknown): boolean {
  return (
    error instanceof kafkajs.KafkaJSProtocolError &&
    /REBALANCE|UNKNOWN_MEMBER|ILLEGAL_GENERATION|NOT_COORDINATOR/.test(error.type)
  );
}
