import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomOf } from '../system/random.ts';
import { lengthOf, mayMeet } from '../system/waves.ts';
import { claimsOf, FAULT_KINDS, kindsFor, scheduleOf, UNNOTICED_KINDS, type Wave } from './schedule.ts';

const kindsOf = (waves: readonly Wave[]) => waves.flatMap(({ faults }) => faults.map(({ kind }) => kind));
const LONGEST_WAVE_MS = 20_000;

function forAnySeed(property: (waves: readonly Wave[]) => void): void {
  const check = (seed: number) => void property(scheduleOf(randomOf(seed), { rounds: 1 }));
  fc.assert(fc.property(fc.integer({ min: 1, max: 1_000_000 }), check));
}

describe('a schedule of the read side', () => {
  it('has every kind of fault once a round, and is the same for the same seed', () => {
    const waves = scheduleOf(randomOf(7), { rounds: 2 });
    const kinds = kindsOf(waves);
    for (const round of [kinds.slice(0, FAULT_KINDS.length), kinds.slice(FAULT_KINDS.length)])
      expect(round.sort()).toEqual([...FAULT_KINDS].sort());
    expect(scheduleOf(randomOf(7), { rounds: 2 })).toEqual(waves);
    expect(scheduleOf(randomOf(8), { rounds: 2 })).not.toEqual(waves);
  });

  it('has every kind in its first round, whatever the seed', () => {
    forAnySeed((waves) => expect(kindsOf(waves).sort()).toEqual([...FAULT_KINDS].sort()));
  });

  it('lets a third of the faults overlap at least', () => {
    forAnySeed((waves) => {
      const together = waves.filter(({ faults }) => faults.length > 1);
      expect(kindsOf(together).length).toBeGreaterThanOrEqual(FAULT_KINDS.length / 3);
    });
  });

  it('stops a projector while the remote store is away, mostly the one with the most totals', () => {
    const stopped: string[] = [];
    forAnySeed((waves) => {
      const { faults = [] } = waves.find((wave) => kindsOf([wave]).includes('stop-remote-store')) ?? {};
      const away = faults.find(({ kind }) => kind === 'stop-remote-store');
      const stop = faults.find(({ kind }) => kind === 'stop-projector');
      expect(stop?.afterMs).toBeGreaterThanOrEqual(away?.afterMs ?? Infinity);
      expect(stop?.afterMs).toBeLessThanOrEqual((away?.afterMs ?? 0) + 1_500);
      stopped.push(stop?.projector ?? '');
    });
    expect(stopped.filter((name) => name === 'sales').length).toBeGreaterThan(stopped.length / 2);
  });

  it('does nothing twice at a time, and no wave lasts long', () => {
    forAnySeed((waves) => {
      for (const { faults } of waves) {
        for (const [index, fault] of faults.entries())
          for (const other of faults.slice(index + 1))
            expect(mayMeet(claimsOf(fault), claimsOf(other)), `${fault.kind}, ${other.kind}`).toBe(true);
        expect(lengthOf(faults)).toBeLessThan(LONGEST_WAVE_MS);
      }
    });
  });

  it('never takes both stores at once', () => {
    forAnySeed((waves) => {
      for (const wave of waves)
        expect(kindsOf([wave]).filter((kind) => kind.endsWith('store')).length).toBeLessThanOrEqual(1);
    });
  });

  it('harms single nodes only where a region has three', () => {
    expect(kindsFor(1)).toBe(FAULT_KINDS);
    expect(kindsFor(2)).toBe(FAULT_KINDS);
    const kinds = kindsFor(3);
    const check = (seed: number) => {
      const waves = scheduleOf(randomOf(seed), { rounds: 1, kinds });
      expect(kindsOf(waves).sort()).toEqual([...kinds].sort());
      const unnoticed = waves.filter((wave) =>
        kindsOf([wave]).some((kind) => UNNOTICED_KINDS.includes(kind)),
      );
      expect(unnoticed.map(({ faults }) => faults.length)).toEqual([1, 1]);
    };
    fc.assert(fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => void check(seed)));
  });

  it('keeps to the kinds that are wanted', () => {
    const waves = scheduleOf(randomOf(1), { rounds: 3, kinds: ['zombie'] });
    expect(kindsOf(waves)).toEqual(['zombie', 'zombie', 'zombie']);
  });
});
