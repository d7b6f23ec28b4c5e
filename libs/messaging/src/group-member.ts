import type { Consumer } from 'kafkajs';
import type { KafkaHandle } from './kafka.ts';

/** What a member of a group is made with. */
export interface MemberOptions {
  readonly kafka: KafkaHandle;
  readonly groupId: string;
  /** A member that is silent for longer loses its partitions. */
  readonly sessionTimeoutMs?: number;
  /** How long a fetch waits for a first message. */
  readonly maxWaitMs?: number;
}

const HEARTBEAT_MS = 500;

/** A member of a group, not connected yet. It creates no topic. */
export function newMember({
  kafka,
  groupId,
  sessionTimeoutMs = 15_000,
  maxWaitMs = 100,
}: MemberOptions): Consumer {
  return kafka.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    // A member learns from its heartbeat that its group changes. Until all members know, no member gets any message.
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: 30_000,
    maxWaitTimeInMs: maxWaitMs,
    minBytes: 1,
    maxBytesPerPartition: 1_048_576,
    allowAutoTopicCreation: false,
    retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 5_000, restartOnFailure: async () => true },
  });
}

/** Connects, for as long as kafkajs tries, and looks for the topics. Looks for none once the signal is aborted. */
export async function subscribe(
  consumer: Consumer,
  topics: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  await consumer.connect();
  signal?.throwIfAborted();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
}
