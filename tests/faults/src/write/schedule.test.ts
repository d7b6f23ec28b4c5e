import { describe, expect, it } from 'vitest';
import { randomOf } from '../system/random.ts';
import { FAULT_KINDS, scheduleOf, type Fault } from './schedule.ts';

const options = { seconds: 60, replicas: 3 };

function expectApart(faults: readonly Fault[]): void {
  faults.slice(1).forEach((fault, index) => {
    const before = faults[index];
    expect(fault.atMs).toBeGreaterThan((before?.atMs ?? 0) + (before?.lastsMs ?? 0));
  });
}

describe('scheduleOf', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(scheduleOf(randomOf(1), options)).toEqual(scheduleOf(randomOf(1), options));
    expect(scheduleOf(randomOf(1), options)).not.toEqual(scheduleOf(randomOf(2), options));
  });

  it('has every kind in its first round', () => {
    const kinds = scheduleOf(randomOf(7), options)
      .slice(0, FAULT_KINDS.length)
      .map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(FAULT_KINDS));
  });

  it('has every kind in a short run too, in as much time as they need', () => {
    for (const seconds of [1, 12, 20]) {
      const faults = scheduleOf(randomOf(1), { ...options, seconds });
      expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
      expect(faults).toHaveLength(FAULT_KINDS.length);
    }
    expect(scheduleOf(randomOf(1), { ...options, seconds: 20 }).at(-1)?.atMs).toBeLessThan(20_000);
  });

  it('lets no two faults overlap', () => {
    for (const seconds of [60, 12]) expectApart(scheduleOf(randomOf(3), { ...options, seconds }));
  });

  it('has none when no kind is wanted', () => {
    expect(scheduleOf(randomOf(1), { ...options, only: [] })).toEqual([]);
  });
});
