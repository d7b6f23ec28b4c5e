import { describe, expect, it } from 'vitest';
import { randomOf } from '../system/random.ts';
import { FAULT_KINDS, scheduleOf } from './schedule.ts';

const options = { seconds: 60, replicas: 3 };

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

  it('lets no two faults overlap', () => {
    const faults = scheduleOf(randomOf(3), options);
    faults.slice(1).forEach((fault, index) => {
      const before = faults[index];
      expect(fault.atMs).toBeGreaterThan((before?.atMs ?? 0) + (before?.lastsMs ?? 0));
    });
  });

  it('has none when no kind is wanted', () => {
    expect(scheduleOf(randomOf(1), { ...options, only: [] })).toEqual([]);
  });
});
