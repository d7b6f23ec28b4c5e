import type { EachBatchPayload, OffsetsByTopicPartition, TopicPartitionOffset } from 'kafkajs';
import type { Log } from './log.ts';

/** Commits the offsets of finished batches at intervals. */
export interface OffsetCommits {
  /** A batch is done, and all before it of its partition: the offset after it is committed within the interval. */
  done(payload: EachBatchPayload): Promise<void>;
  /** Forgets what is not committed yet: the partitions may be another member's. */
  forget(): void;
  /** Commits the remaining offsets; to be called before the consumer stops. */
  flush(): Promise<void>;
}

/**
 * Offsets are only a place to resume. One commit per batch would only burden the broker: a commit is a write to its
 * log. The first commit is made at once, later commits at most once per interval. Batches that a crash leaves
 * uncommitted come again. A failed commit is repeated after an interval, or with the next commit.
 */
export function createOffsetCommits(intervalMs: number, log: Log): OffsetCommits {
  /** Where partitions go on, by topic and partition: what is not committed of it. */
  const uncommitted = new Map<string, TopicPartitionOffset>();
  let newest: EachBatchPayload | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastMs = -Infinity;

  async function commit(): Promise<void> {
    const payload = newest;
    newest = undefined;
    if (!payload || uncommitted.size === 0) return;
    lastMs = performance.now();
    const sent = [...uncommitted];
    try {
      await payload.commitOffsetsIfNecessary(byTopic(sent.map(([, offset]) => offset)));
    } catch (error) {
      newest ??= payload;
      commitIn(intervalMs);
      throw error;
    }
    for (const [key, offset] of sent) if (uncommitted.get(key) === offset) uncommitted.delete(key);
  }

  function commitIn(ms: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      commit().catch((error: unknown) =>
        log.warn({ err: error }, 'offsets were not committed; they will be later'),
      );
    }, ms);
  }

  function endTimer(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  return {
    async done(payload) {
      const { topic, partition } = payload.batch;
      const offset = (BigInt(payload.batch.lastOffset()) + 1n).toString();
      uncommitted.set(`${topic}/${partition}`, { topic, partition, offset });
      newest = payload;
      const leftMs = lastMs + intervalMs - performance.now();
      if (leftMs <= 0) return commit();
      commitIn(leftMs);
    },
    forget: () => uncommitted.clear(),
    async flush() {
      endTimer();
      try {
        await commit();
      } catch (error) {
        log.warn({ err: error }, 'the last offsets were not committed; what they stand for comes again');
      } finally {
        endTimer();
      }
    },
  };
}

function byTopic(offsets: readonly TopicPartitionOffset[]): OffsetsByTopicPartition {
  const topics = Map.groupBy(offsets, ({ topic }) => topic);
  return {
    topics: [...topics].map(([topic, some]) => ({
      topic,
      partitions: some.map(({ partition, offset }) => ({ partition, offset })),
    })),
  };
}
