import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derivedId, isAggregateId, isUuid, newId } from './ids.ts';

describe('ids', () => {
  it('accepts stock codes and invoice numbers as they are', () => {
    for (const id of ['85123A', '536365', 'r2-536365', 'a', 'A.b_c:d-e'])
      expect(isAggregateId(id)).toBe(true);
  });

  it('refuses what is empty, too long, starts oddly or holds other characters', () => {
    for (const id of ['', '-a', '.a', 'a b', 'a/b', 'é', 'a\n', 'x'.repeat(65)])
      expect(isAggregateId(id)).toBe(false);
  });

  it('makes ids that are UUIDs, all different and sorted by time', () => {
    const made = Array.from({ length: 1_000 }, newId);
    expect(new Set(made).size).toBe(1_000);
    expect([...made].sort()).toEqual(made);
    expect(made.every(isUuid)).toBe(true);
  });

  it('derives the same UUID from the same name, and another from another', () => {
    const namespace = '6f5f7f8e-2c1e-5d0a-9a41-0c8f0a5f4c11';
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(derivedId(a, namespace) === derivedId(b, namespace)).toBe(a === b);
      }),
    );
  });
});
