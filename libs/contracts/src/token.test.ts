import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTEXTS } from './contexts.ts';
import { ConsistencyToken } from './generated/meridian/common/v1/common.ts';
import {
  fromToken,
  mergePositions,
  parsePartitionKey,
  partitionKey,
  toToken,
  type Positions,
} from './token.ts';

const positions: fc.Arbitrary<Positions> = fc
  .array(
    fc.record({
      context: fc.constantFrom(...CONTEXTS),
      partition: fc.integer({ min: 0, max: 11 }),
      position: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
    }),
    { maxLength: 48 },
  )
  .map(
    (entries) =>
      new Map(
        entries.map(({ context, partition, position }) => [partitionKey(context, partition), position]),
      ),
  );

describe('consistency tokens', () => {
  it('come back as they went over the wire', () => {
    fc.assert(
      fc.property(positions, (some) => {
        const bytes = ConsistencyToken.encode(toToken(some)).finish();
        expect(fromToken(ConsistencyToken.decode(bytes))).toEqual(some);
      }),
    );
  });

  it('are written in one order, however they were put together', () => {
    fc.assert(
      fc.property(positions, (some) => {
        expect(toToken(new Map([...some].reverse()))).toEqual(toToken(some));
      }),
    );
  });

  it('merge by maximum: in any order, any grouping, and with no effect of repeats', () => {
    fc.assert(
      fc.property(positions, positions, positions, (a, b, c) => {
        expect(toToken(mergePositions(a, b))).toEqual(toToken(mergePositions(b, a)));
        expect(toToken(mergePositions(mergePositions(a, b), c))).toEqual(
          toToken(mergePositions(a, mergePositions(b, c))),
        );
        expect(toToken(mergePositions(a, a))).toEqual(toToken(a));
        const merged = mergePositions(a, b);
        for (const [key, position] of [...a, ...b]) expect(merged.get(key)).toBeGreaterThanOrEqual(position);
      }),
    );
  });

  it('take the larger of two entries for one partition and ignore a context they do not know', () => {
    const token = {
      entries: [
        [4, 3, 9n],
        [4, 3, 7n],
        [0, 3, 99n],
      ] as const,
    };
    const entries = token.entries.map(([context, partition, position]) => ({ context, partition, position }));
    expect([...fromToken({ entries })]).toEqual([['orders/3', 9n]]);
    expect(fromToken(undefined).size).toBe(0);
  });

  it('name partitions of known contexts only', () => {
    expect(parsePartitionKey('orders/11')).toEqual({ context: 'orders', partition: 11 });
    expect(() => parsePartitionKey(JSON.parse('"sales/1"'))).toThrow('sales/1');
  });
});
