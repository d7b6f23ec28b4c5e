import type { EachBatchPayload } from 'kafkajs';
import type { Log } from './log.ts';

/** Commits the offsets of finished batches at intervals. */
export interface OffsetCommits {
  /** A batch is done and its offset resolved: the offset is committed within the interval. */
  done(payload: EachBatchPayload): Promise<void>;
  /** Commits the remaining offsets; to be called before the consumer stops. */
  flush(): Promise<void>;
}

/**
 * Offsets are only a place to resume. One commit per batch would only burden the broker: a commit is a write to its
 * log. The first commit is made at once, later commits at most once per interval. Batches that a crash leaves
 * uncommitted come again. A failed commit is repeated with the next commit.
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
