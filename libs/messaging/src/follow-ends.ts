import { setTimeout as pause } from 'node:timers/promises';
import { connectKafka, optionsOf, type KafkaHandle } from './kafka.ts';

/** What is followed. */
export interface FollowEndsOptions {
  readonly kafka: KafkaHandle;
  readonly topics: readonly string[];
  readonly everyMs: number;
  /** The offset that a partition's next message will get. */
  onEnd(end: { readonly topic: string; readonly partition: number; readonly offset: bigint }): void;
}

const LAST_LOOK_MS = 1_000;

/**
 * Polls where topics end, over one connection, until stopped. While Kafka does not answer, nothing is reported, and
 * polling goes on.
 */
export function followEnds({ kafka, topics, everyMs, onEnd }: FollowEndsOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  // A separate client: its attempts must not count as a sign of life of the consumer beside it.
  const admin = connectKafka(optionsOf(kafka)).admin({ retry: { retries: 1 } });

  async function look(): Promise<void> {
    await admin.connect();
    for (const topic of topics) {
      if (signal.aborted) return;
      for (const { partition, high } of await admin.fetchTopicOffsets(topic))
        onEnd({ topic, partition, offset: BigInt(high) });
    }
  }
  async function run(): Promise<void> {
    while (!signal.aborted) {
      await pause(everyMs, undefined, { signal }).catch(() => undefined);
      // The consumer reports that Kafka is away; here the next poll is another attempt.
      if (!signal.aborted) await look().catch(() => undefined);
    }
    await admin.disconnect().catch(() => undefined);
  }

  const done = run();
  return {
    async stop() {
      stopping.abort();
      // A poll of a hanging Kafka ends after its own time-out; nobody waits for that.
      await Promise.race([done, pause(LAST_LOOK_MS, undefined, { ref: false })]);
    },
  };
}
