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
      offset: String(offset + index),
      key: Buffer.from(key),
      headers,
      value: Buffer.from(value),
    };
  });
const shard = events[0]!.shard;

const prove = (nextOffset: bigint | undefined, ...ranges: (readonly ReceivedMessage[])[]) => {
  const proof = createGapProof({ after: 4n, until: 8n, nextOffset });
  const taken = ranges.flatMap((range) => proof.take(range, shard).map(({ position }) => position));
  return { taken, isComplete: proof.isComplete(), reached: proof.reached() };
};

describe('a gap proof', () => {
  it('is proven by an event that is known already, and ends at the offset after what is wanted', () => {
    expect(prove(104n, messages([4, 5, 6, 7, 8, 9], 103))).toMatchObject({
      taken: [5n, 6n, 7n, 8n, 9n],
      isComplete: true,
      reached: { position: 8n, nextOffset: 108n },
    });
  });

  it('passes over the events of another journal, and is not proven by them', () => {
    const theirs = messages([4], 103).map((message) => ({
      ...message,
      headers: { ...message.headers, ce_journalid: 'theirs' },
    }));
    const proof = createGapProof({ after: 4n, until: 8n, nextOffset: 104n, journalId: 'ours' });
    expect(proof.take([...theirs, ...messages([5, 6, 7, 8], 104)], shard)).toEqual([]);
    expect(proof.isComplete()).toBe(false);
  });

  it('is proven by the first message where the topic goes on: Kafka has dropped all before it', () => {
    expect(prove(104n, messages([6, 7, 8], 104))).toMatchObject({
      taken: [6n, 7n, 8n],
      isComplete: true,
      reached: { position: 8n, nextOffset: 107n },
    });
    expect(prove(104n, messages([6], 104), messages([8], 105))).toMatchObject({ isComplete: true });
  });

  it('is not proven by a message where the topic goes on, after another one or beyond it', () => {
    expect(prove(104n, messages([6, 7, 8], 103))).toMatchObject({ taken: [], isComplete: false });
    expect(prove(104n, messages([5, 6, 7, 8], 105))).toMatchObject({ taken: [], isComplete: false });
  });

  it('is not proven by another journal’s event where the topic goes on', () => {
    const theirs = messages([5], 104).map((message) => ({
      ...message,
      headers: { ...message.headers, ce_journalid: 'theirs' },
    }));
    const proof = createGapProof({ after: 4n, until: 8n, nextOffset: 104n, journalId: 'ours' });
    expect(proof.take([...theirs, ...messages([6, 7, 8], 105)], shard)).toEqual([]);
    expect(proof.isComplete()).toBe(false);
  });

  it('names no later offset where a range that was published again may be followed by a gap', () => {
    expect(prove(104n, messages([3, 4, 5, 6], 200))).toMatchObject({
      reached: { position: 6n, nextOffset: 104n },
    });
    expect(prove(104n, messages([3, 4, 5, 6, 7, 8], 200))).toMatchObject({
      reached: { position: 8n, nextOffset: 206n },
    });
  });

  it('is not proven by events above what is known', () => {
    expect(prove(104n, messages([6, 7, 8], 105))).toMatchObject({ taken: [], isComplete: false });
  });

  it('is proven by the very beginning of a topic of which nothing was read before', () => {
    expect(prove(undefined, messages([6, 7, 8], 0))).toMatchObject({ taken: [6n, 7n, 8n], isComplete: true });
  });

  it('is not proven by the beginning of a topic that was made anew', () => {
    expect(prove(104n, messages([6, 7, 8], 0))).toMatchObject({ taken: [], isComplete: false });
    expect(prove(104n, messages([3, 4, 5, 6, 7, 8], 0))).toMatchObject({ isComplete: true });
  });

  it('is not proven by a range that was published again and does not hold what was passed over', () => {
    const lost = messages([7, 8, 9], 200);
    expect(prove(104n, lost, messages([3, 4, 5], 203), messages([10], 206))).toMatchObject({
      isComplete: false,
    });
    expect(prove(104n, lost, messages([3, 4, 5, 6, 7, 8, 9], 203), messages([10], 210))).toMatchObject({
      taken: [5n, 6n, 7n, 8n, 9n, 10n],
      isComplete: true,
    });
  });

  it('is not complete without the last event that is wanted, whatever comes after it', () => {
    const part = messages([3, 4, 5, 6, 9, 10], 200);
    expect(prove(104n, part)).toMatchObject({ taken: [5n, 6n], isComplete: false, reached: undefined });
    const again = messages([4, 5, 6, 7, 8, 9, 10, 11], 206);
    expect(prove(104n, part, again)).toMatchObject({ isComplete: true, reached: { position: 8n } });
  });

  it('says how far it got, piece by piece', () => {
    expect(prove(104n, messages([4, 5, 6], 103))).toMatchObject({
      isComplete: false,
      reached: { position: 6n, nextOffset: 106n, eventTime: events[5]!.time },
    });
    expect(prove(104n, messages([4], 103)).reached).toBeUndefined();
    expect(prove(104n, messages([6, 7], 105)).reached).toBeUndefined();
  });

  it('does not go on behind events that were passed over and have not come again', () => {
    const lost = messages([7, 8, 9], 200);
    expect(prove(104n, lost, messages([3, 4, 5], 203))).toMatchObject({ taken: [5n], reached: undefined });
    // Position 9 is at offset 202 only: whoever lacks it has to begin before that offset.
    expect(prove(104n, lost, messages([3, 4, 5, 6, 7, 8], 203))).toMatchObject({
      isComplete: true,
      reached: { position: 8n, nextOffset: 104n },
    });
  });
});
