import { toMessage } from '@meridian/contracts';
import type { ReceivedMessage } from '@meridian/messaging';
import { tellStock } from '@meridian/projection/testing/stock-projection';
import { describe, expect, it } from 'vitest';
import { createGapProof } from './gap-proof.ts';

const events = tellStock(Array.from({ length: 12 }, () => ({ productId: 'a', delta: 1n })));

/** Messages that hold these positions, at offsets from `offset` on. */
const messages = (positions: readonly number[], offset: number): readonly ReceivedMessage[] =>
  positions.map((position, index) => {
    const { key, headers, value } = toMessage(events[position - 1]!);
    return {
      ...{ offset: String(offset + index), key: Buffer.from(key), headers, value: Buffer.from(value) },
    };
  });
const shard = events[0]!.shard;

const cover = (nextOffset: bigint | undefined, ...ranges: (readonly ReceivedMessage[])[]) => {
  const coverage = createGapProof({ after: 4n, until: 8n, nextOffset });
  const taken = ranges.flatMap((range) => coverage.take(range, shard).map(({ position }) => position));
  return { taken, isComplete: coverage.isComplete(), end: coverage.end() };
};

describe('coverage', () => {
  it('is proven by an event that is known already, and ends at the offset after what is wanted', () => {
    expect(cover(104n, messages([4, 5, 6, 7, 8, 9], 103))).toMatchObject({
      taken: [5n, 6n, 7n, 8n, 9n],
      isComplete: true,
      end: { position: 8n, nextOffset: 108n },
    });
  });

  it('passes over the events of another journal, and is not proven by them', () => {
    const theirs = messages([4], 103).map((message) => ({
      ...message,
      headers: { ...message.headers, ce_journalid: 'theirs' },
    }));
    const coverage = createGapProof({ after: 4n, until: 8n, nextOffset: 104n, journalId: 'ours' });
    expect(coverage.take([...theirs, ...messages([5, 6, 7, 8], 104)], shard)).toEqual([]);
    expect(coverage.isComplete()).toBe(false);
  });

  it('is not proven by events above what is known', () => {
    expect(cover(104n, messages([6, 7, 8], 105))).toMatchObject({ taken: [], isComplete: false });
  });

  it('is proven by the very beginning of a topic of which nothing was read before', () => {
    expect(cover(undefined, messages([6, 7, 8], 0))).toMatchObject({ taken: [6n, 7n, 8n], isComplete: true });
  });

  it('is not proven by the beginning of a topic that was made anew', () => {
    expect(cover(104n, messages([6, 7, 8], 0))).toMatchObject({ taken: [], isComplete: false });
    expect(cover(104n, messages([3, 4, 5, 6, 7, 8], 0))).toMatchObject({ isComplete: true });
  });

  it('is not proven by a range that was published again and does not hold what was passed over', () => {
    const lost = messages([7, 8, 9], 200);
    expect(cover(104n, lost, messages([3, 4, 5], 203), messages([10], 206))).toMatchObject({
      isComplete: false,
    });
    expect(cover(104n, lost, messages([3, 4, 5, 6, 7, 8, 9], 203), messages([10], 210))).toMatchObject({
      taken: [5n, 6n, 7n, 8n, 9n, 10n],
      isComplete: true,
    });
  });
});
