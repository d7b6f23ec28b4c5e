import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer } from 'kafkajs';
import type { ReceivedMessage } from './consumer.ts';
import type { KafkaHandle } from './kafka.ts';
import { silentLog, type Log } from './log.ts';

/** What to follow, and what to call. */
export interface FollowOptions {
  readonly kafka: KafkaHandle;
  /** A group of this follower's own; nothing is ever committed in it. */
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly log?: Log;
  /** Messages of one partition, in order, some milliseconds after they were written. */
  onMessages(
    topic: string,
    partition: number,
    messages: readonly Pick<ReceivedMessage, 'key' | 'headers'>[],
  ): void;
  /** Following began, or began again: earlier messages may have been missed. */
  onFollowing?(): void;
  /** Not following any more, until onFollowing. */
  onLost?(): void;
}

/** A follower at work. */
export interface Follower {
  /** Leaves the group if that is quick. */
  stop(): Promise<void>;
}

const RETRY_MS = 2_000;
const LEAVE_WITHIN_MS = 1_500;
const SESSION_TIMEOUT_MS = 15_000;
/** Messages that come within this time of others are fetched together. Under a load of small batches, it halves the fetches. */
const FETCH_PAUSE_MS = 3;

/**
 * Follows the newest messages of topics from now on, for notifications only: messages may be missed, and nothing is
 * resumed. Returns at once. Waits for a Kafka that is away, at the start and later.
 */
export function followTopics(options: FollowOptions): Follower {
  const { log = silentLog } = options;
  const ending = new AbortController();
  const { signal } = ending;
  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        await followOnce(options, signal);
      } catch (error) {
        log.warn({ err: error, groupId: options.groupId }, 'does not follow Kafka; will try again');
      }
      if (!signal.aborted) options.onLost?.();
      await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  const done = follow();
  return {
    async stop() {
      ending.abort();
      // An attempt to reach a Kafka that is away may take long; nothing is lost by not waiting for it.
      await Promise.race([done, pause(LEAVE_WITHIN_MS, undefined, { ref: false })]);
    },
  };
}

/** Resolves when the signal stops it; rejects when it cannot go on. */
async function followOnce(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { kafka, groupId, topics, onMessages, onFollowing, onLost } = options;
  const ended = Promise.withResolvers<void>();
  const end = () => ended.resolve();
  signal.addEventListener('abort', end, { once: true });
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    maxWaitTimeInMs: 500,
    minBytes: 1,
    allowAutoTopicCreation: false,
    retry: { retries: 5, restartOnFailure: () => Promise.resolve(false) },
  });
  consumer.on(consumer.events.GROUP_JOIN, () => onFollowing?.());
  consumer.on(consumer.events.REBALANCING, () => onLost?.());
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => ended.reject(error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: false });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 12,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        onMessages(
          topic,
          partition,
          messages.map(({ key, headers = {} }) => ({ key, headers })),
        );
        // The next fetch waits until all batches of this one are done.
        await pause(FETCH_PAUSE_MS);
      },
    });
    await ended.promise;
  } finally {
    signal.removeEventListener('abort', end);
    await disconnect(consumer);
  }
}

async function disconnect(consumer: Consumer): Promise<void> {
  try {
    await consumer.disconnect();
  } catch {
    return;
  }
}
