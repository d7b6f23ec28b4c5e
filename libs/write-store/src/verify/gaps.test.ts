import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFenced, unexplained } from './gaps.ts';

const range = fc
  .tuple(fc.bigInt({ min: 1n, max: 60n }), fc.bigInt({ min: 0n, max: 20n }))
  .map(([first, length]) => ({ first, last: first + length }));

/** Fences never touch each other: each begins above the head that the one before had raised. */
const fences = fc.array(range, { maxLength: 5 }).map((ranges) => {
  const apart: { firstPosition: bigint; lastPosition: bigint }[] = [];
  for (const { first, last } of [...ranges].sort((a, b) => Number(a.first - b.first)))
    if (first > (apart.at(-1)?.lastPosition ?? 0n)) apart.push({ firstPosition: first, lastPosition: last });
  return apart;
});

describe('a gap in the journal', () => {
  it('is explained by fences, position by position', () => {
    fc.assert(
      fc.property(range, fences, (gap, given) => {
        const expected: bigint[] = [];
        for (let at = gap.first; at <= gap.last; at++) if (!isFenced(at, given)) expected.push(at);
        const left = unexplained(gap, given).flatMap(({ first, last }) =>
          Array.from({ length: Number(last - first) + 1 }, (_, index) => first + BigInt(index)),
        );
        expect(left).toEqual(expected);
      }),
    );
  });
});
