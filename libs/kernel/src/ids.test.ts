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

  it('makes ids of their time, whose last 62 bits but the number are random', () => {
    const before = Date.now();
    const made = Array.from({ length: 1_000 }, newId);
    const times = made.map((id) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(before);
    expect(Math.max(...times)).toBeLessThanOrEqual(Date.now());
    expect(new Set(made.map((id) => id.slice(-10))).size).toBe(1_000);
    expect(made.every((id) => id[14] === '7')).toBe(true);
  });

  it('takes every UUID but the nil and the max UUID, which stand for none', () => {
    const uuids = {
      version4: '919108f7-52d1-4320-9bac-f847db4148a8',
      version7: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
      version8: '2489e9ad-2ee2-8e00-8ec9-32d5f69181c0',
      upperCase: '919108F7-52D1-4320-9BAC-F847DB4148A8',
      microsofts: '7d9e4c2a-1b3f-4c5d-c8e1-9f0a1b2c3d4e',
      microsoftsIUnknown: '00000000-0000-0000-c000-000000000046',
      hashAsUuid: '9e107d9d-372b-b682-6bd8-1d3542a419d6',
    };
    expect(Object.entries(uuids).filter(([, uuid]) => !isUuid(uuid))).toEqual([]);
    const none = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
    const others = [
      '',
      '919108f752d143209bacf847db4148a8',
      '{919108f7-52d1-4320-9bac-f847db4148a8}',
      'g'.repeat(36),
    ];
    const odd = [`${uuids.version4}\n`, ` ${uuids.version4}`, uuids.version4.slice(1)];
    for (const value of [...none, ...none.map((uuid) => uuid.toUpperCase()), ...others, ...odd])
      expect([value, isUuid(value)]).toEqual([value, false]);
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
