import type { EachBatchPayload, OffsetsByTopicPartition } from 'kafkajs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from './log.ts';
import { createOffsetCommits } from './offset-commits.ts';

let refused: number;
let committed: string[];

beforeEach(() => {
  [refused, committed] = [0, []];
});

/** A batch that ends at an offset. Its first commits are refused as often as a test says. */
function batchTo(lastOffset: number): EachBatchPayload {
  const payload: Pick<EachBatchPayload, 'commitOffsetsIfNecessary'> & { readonly batch: object } = {
    batch: { topic: 't', partition: 0, lastOffset: () => String(lastOffset) },
    async commitOffsetsIfNecessary(offsets?: OffsetsByTopicPartition) {
      await Promise.resolve();
      if (refused-- > 0) throw new Error('the broker restarts');
      committed.push(
        ...(offsets?.topics ?? []).flatMap(({ partitions }) => partitions.map(({ offset }) => offset)),
      );
    },
  };
  // Commits use no more of a batch.
  return payload as unknown as EachBatchPayload;
}

describe('a commit of offsets that fails', () => {
  it('is made again when the consumer stops, though no batch came since', async () => {
    const commits = createOffsetCommits(3_600_000, silentLog);
    refused = 1;
    await expect(commits.done(batchTo(4))).rejects.toThrow('the broker restarts');
    await commits.flush();
    expect(committed).toEqual(['5']);
  });

  it('is made again after an interval, until it succeeds', async () => {
    const commits = createOffsetCommits(10, silentLog);
    refused = 3;
    await expect(commits.done(batchTo(4))).rejects.toThrow('the broker restarts');
    await expect.poll(() => committed).toEqual(['5']);
    await commits.flush();
    expect(committed).toEqual(['5']);
  });

  it('is not made any more once the partitions may be another member’s', async () => {
    const commits = createOffsetCommits(3_600_000, silentLog);
    refused = 1;
    await expect(commits.done(batchTo(4))).rejects.toThrow('the broker restarts');
    commits.forget();
    await commits.flush();
    expect(committed).toEqual([]);
  });

  it('leaves no timer behind when it fails at the stop, too', async () => {
    vi.useFakeTimers();
    try {
      const commits = createOffsetCommits(1_000, silentLog);
      refused = 2;
      await expect(commits.done(batchTo(4))).rejects.toThrow('the broker restarts');
      await commits.flush();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
