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
 * Asks again and again where topics end, over one connection, until stopped. While Kafka does not answer nothing is told, and it is
 * asked again.
 */
export function followEnds({ kafka, topics, everyMs, onEnd }: FollowEndsOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  // A client of its own: what it tries must not count as a sign of life of the consumer beside it.
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
      // Whoever consumes says that Kafka is away; here the next look is another try.
      if (!signal.aborted) await look().catch(() => undefined);
    }
    await admin.disconnect().catch(() => undefined);
  }

  const done = run();
  return {
    async stop() {
      stopping.abort();
      // A look at a Kafka that hangs ends by itself; nobody waits for it.
      await Promise.race([done, pause(LAST_LOOK_MS, undefined, { ref: false })]);
    },
  };
}
