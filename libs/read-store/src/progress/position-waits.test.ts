import type { PartitionKey } from '@meridian/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPositionWaits } from './position-waits.ts';

const KEYS: readonly PartitionKey[] = ['orders/0', 'orders/1', 'catalog/0'];
const positions = fc
  .dictionary(fc.constantFrom(...KEYS), fc.bigInt({ min: 1n, max: 9n }), { minKeys: 1 })
  .map(
    (found) => new Map(KEYS.flatMap((key) => (found[key] === undefined ? [] : [[key, found[key]] as const]))),
  );

describe('waits for positions', () => {
  it('are over exactly when all that is waited for has been reached, once, unless they ended before', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ add: positions }),
        fc.record({ end: fc.nat() }),
        fc.record({ key: fc.constantFrom(...KEYS), reach: fc.bigInt({ min: 1n, max: 9n }) }),
      ),
    );
    fc.assert(
      fc.property(steps, (all) => {
        const waits = createPositionWaits<number>();
        const open = new Map<number, { missing: Map<PartitionKey, bigint>; end: () => void }>();
        for (const [id, step] of all.entries()) {
          if ('add' in step) open.set(id, { missing: new Map(step.add), end: waits.add(id, step.add) });
          else if ('end' in step) {
            const [ended] = [...open.keys()].slice(step.end % (open.size + 1));
            if (ended === undefined) continue;
            open.get(ended)?.end();
            open.delete(ended);
          } else {
            const expected: number[] = [];
            for (const [one, { missing }] of open) {
              if ((missing.get(step.key) ?? 10n) > step.reach) continue;
              missing.delete(step.key);
              if (missing.size === 0) expected.push(one);
            }
            for (const one of expected) open.delete(one);
            expect([...waits.reach(step.key, step.reach)].sort()).toEqual(expected.sort());
          }
        }
      }),
    );
  });

  it('cost a few comparisons each when 10,000 wait, and nothing per look that brings nobody anything', () => {
    let compared = 0;
    const waits = createPositionWaits<number>((a, b) => {
      compared += 1;
      return a < b;
    });
    const ends = Array.from({ length: 10_000 }, (_, n) =>
      waits.add(n, new Map(KEYS.map((key) => [key, 10n + BigInt((n * 7_919) % 10_007)]))),
    );
    expect(compared).toBeLessThan(10_000 * KEYS.length * 14);
    compared = 0;
    for (let look = 0; look < 1_000; look++) for (const key of KEYS) expect(waits.reach(key, 9n)).toEqual([]);
    expect(compared).toBe(0);
    for (const key of KEYS) waits.reach(key, 100n);
    for (const end of ends) end();
    expect(compared).toBeLessThan(10_000 * KEYS.length * 3 * 14);
  });
});
