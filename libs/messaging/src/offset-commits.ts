import type { EachBatchPayload } from 'kafkajs';
import type { Log } from './log.ts';

/** Commits the offsets of finished batches now and then. */
export interface OffsetCommits {
  /** A batch is done and its offset resolved: it is committed within the interval. */
  done(payload: EachBatchPayload): Promise<void>;
  /** Commits what is left; for before the consumer stops. */
  flush(): Promise<void>;
}

/**
 * Offsets are a place to resume and nothing else, so committing every batch by itself would only cost the broker: a commit is
 * a write to its log. The first is made at once, the next ones at most once an interval; what a crash leaves uncommitted
 * comes again. A commit that fails is tried again with the next.
 */
export function createOffsetCommits(intervalMs: number, log: Log): OffsetCommits {
  let newest: EachBatchPayload | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastMs = -Infinity;

  async function commit(): Promise<void> {
    const payload = newest;
    newest = undefined;
    if (!payload) return;
    lastMs = performance.now();
    await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
  }

  return {
    async done(payload) {
      newest = payload;
      const leftMs = lastMs + intervalMs - performance.now();
      if (leftMs <= 0) return commit();
      timer ??= setTimeout(() => {
        timer = undefined;
        commit().catch((error: unknown) =>
          log.warn({ err: error }, 'offsets were not committed; they will be later'),
        );
      }, leftMs);
    },
    async flush() {
      clearTimeout(timer);
      timer = undefined;
      try {
        await commit();
      } catch (error) {
        log.warn({ err: error }, 'the last offsets were not committed; what they stand for comes again');
      }
    },
  };
}
