import { describe, expect, it } from 'vitest';
import { randomOf } from '../system/random.ts';
import { FAULT_KINDS, scheduleOf } from './schedule.ts';

describe('a schedule of the read side', () => {
  it('has every kind of fault once a round, and is the same for the same seed', () => {
    const faults = scheduleOf(randomOf(7), { rounds: 2 });
    for (const round of [faults.slice(0, FAULT_KINDS.length), faults.slice(FAULT_KINDS.length)])
      expect(round.map(({ kind }) => kind).sort()).toEqual([...FAULT_KINDS].sort());
    expect(scheduleOf(randomOf(7), { rounds: 2 })).toEqual(faults);
    expect(scheduleOf(randomOf(8), { rounds: 2 })).not.toEqual(faults);
  });

  it('keeps to the kinds that are wanted', () => {
    const faults = scheduleOf(randomOf(1), { rounds: 3, kinds: ['zombie'] });
    expect(faults.map(({ kind }) => kind)).toEqual(['zombie', 'zombie', 'zombie']);
  });
});
