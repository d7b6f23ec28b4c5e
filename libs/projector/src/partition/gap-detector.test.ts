import { toMessage } from '@meridian/contracts';
import type { ReceivedMessage } from '@meridian/messaging';
import { tellStock } from '@meridian/projection/testing/stock-projection';
import { describe, expect, it } from 'vitest';
import { createGapDetector } from './gap-detector.ts';

const events = tellStock(Array.from({ length: 40 }, () => ({ productId: 'a', delta: 1n })));
const partition = events[0]!.shard;

/** A batch of these positions, at offsets from `offset` on. Position 0 stands for a message that cannot be read. */
const batch = (offset: number, ...positions: readonly number[]) => ({
  partition,
  messages: positions.map((position, index): ReceivedMessage => {
    const { key, headers, value } = toMessage(events[Math.max(0, position - 1)]!);
    const readable = position > 0 ? headers : {};
    return {
      offset: String(offset + index),
      key: Buffer.from(key),
      headers: readable,
      value: Buffer.from(value),
    };
  }),
});

const stateAt = (position: bigint, nextOffset?: bigint) => ({
  taken: { context: 'inventory' as const, partition, position, eventTime: new Date(0), nextOffset },
});

/** The findings about batches that come one after the other. A batch that follows is also passed. */
function said(state: ReturnType<typeof stateAt>, ...batches: readonly ReturnType<typeof batch>[]) {
  const gaps = createGapDetector();
  return batches.map((one) => {
    const found = gaps.check(state, one);
    if (found.kind === 'follows') found.passed();
    return found.kind === 'rewind' ? found.offset : found.kind;
  });
}

describe('what follows progress', () => {
  it('is a batch that begins where the partition goes on, and every batch after it', () => {
    expect(said(stateAt(10n, 100n), batch(100, 11, 12), batch(102, 13))).toEqual(['follows', 'follows']);
  });

  it('is a batch that begins earlier: what is known comes again', () => {
    expect(said(stateAt(10n, 100n), batch(97, 3, 4), batch(99, 5))).toEqual(['follows', 'follows']);
    expect(said(stateAt(10n, 100n), batch(98, 3, 4), batch(100, 11))).toEqual(['follows', 'follows']);
    expect(said(stateAt(10n, 100n), batch(98, 0, 0, 11))).toEqual(['follows']);
  });

  it('is not waited for through all that is known: reading goes on before it, once', () => {
    expect(said(stateAt(10n, 100n), batch(40, 3, 4), batch(99, 10, 11))).toEqual([99n, 'follows']);
    // Here the topic was made anew: it ends below that offset, or has another event there.
    expect(said(stateAt(10n, 100n), batch(0, 3, 4), batch(0, 3, 4), batch(2, 5))).toEqual([
      99n,
      'follows',
      'follows',
    ]);
    expect(said(stateAt(10n, 100n), batch(0, 3, 4), batch(99, 30), batch(0, 3, 4))).toEqual([
      99n,
      0n,
      'follows',
    ]);
  });

  it('may be in a batch that begins with what is known', () => {
    expect(said(stateAt(10n, 100n), batch(0, 9, 10, 11), batch(3, 12))).toEqual(['follows', 'follows']);
    expect(said(stateAt(10n, 100n), batch(40, 3, 0), batch(42, 5))).toEqual(['follows', 'follows']);
  });

  it('is no batch that begins later, once Kafka was looked at from there and has no more', () => {
    expect(said(stateAt(10n, 100n), batch(120, 15), batch(99, 10, 11))).toEqual([99n, 'follows']);
    expect(said(stateAt(10n, 100n), batch(120, 15), batch(120, 15), batch(120, 15))).toEqual([
      99n,
      'lost',
      99n,
    ]);
  });

  it('is no batch that begins later than the one before it ended', () => {
    expect(said(stateAt(10n, 100n), batch(100, 11), batch(150, 20), batch(150, 20))).toEqual([
      'follows',
      100n,
      'lost',
    ]);
  });

  it('is not the beginning of a topic that was made anew, unless it begins with what is known', () => {
    expect(said(stateAt(10n, 100n), batch(0, 15, 16), batch(0, 15, 16))).toEqual([0n, 'lost']);
    expect(said(stateAt(10n, 100n), batch(0, 9, 10, 11), batch(3, 12))).toEqual(['follows', 'follows']);
  });

  it('is the beginning of the topic where nothing was applied', () => {
    expect(said(stateAt(0n), batch(0, 7, 8))).toEqual(['follows']);
    expect(said(stateAt(0n), batch(30, 7, 8), batch(30, 7, 8))).toEqual([0n, 'lost']);
  });

  it('is an event that is known where Kafka was never read', () => {
    expect(said(stateAt(10n), batch(30, 9, 10, 11))).toEqual(['follows']);
    expect(said(stateAt(10n), batch(30, 12), batch(20, 8, 9))).toEqual([0n, 'follows']);
  });
});

describe('an idle partition', () => {
  it('is read again from before its progress until a batch of it has come', () => {
    const [gaps, state] = [createGapDetector(), stateAt(10n, 100n)];
    expect(gaps.resumeUnseen(state)).toBe(99n);
    gaps.check(state, batch(100, 11));
    expect(gaps.resumeUnseen(state)).toBeUndefined();
    expect(createGapDetector().resumeUnseen(stateAt(0n))).toBe(0n);
  });
});
