import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomOf } from '../system/random.ts';
import { lengthOf, mayMeet } from '../system/waves.ts';
import { claimsOf, FAULT_KINDS, harmsReplica, scheduleOf, type Fault, type Wave } from './schedule.ts';

const options = { seconds: 60, replicas: 3 };
const LONGEST_OUTAGE_MS = { 'kill-kafka': 2_000, 'kill-mysql': 1_000 };
const faultsOf = (waves: readonly Wave[]) => waves.flatMap(({ faults }) => faults);
const kindsOf = (waves: readonly Wave[]) => faultsOf(waves).map(({ kind }) => kind);
const seeds = fc.integer({ min: 1, max: 1_000_000 });

function forAnySeed(property: (waves: readonly Wave[]) => void, more: Partial<typeof options> = {}): void {
  const check = (seed: number) => void property(scheduleOf(randomOf(seed), { ...options, ...more }));
  fc.assert(fc.property(seeds, check));
}

/** Whether both are active at some moment. */
const overlap = (a: Fault, b: Fault) =>
  a.afterMs <= b.afterMs + b.lastsMs && b.afterMs <= a.afterMs + a.lastsMs;

describe('scheduleOf', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(scheduleOf(randomOf(1), options)).toEqual(scheduleOf(randomOf(1), options));
    expect(scheduleOf(randomOf(1), options)).not.toEqual(scheduleOf(randomOf(2), options));
  });

  it('has every kind once in its first round', () => {
    forAnySeed((waves) => {
      const first = kindsOf(waves).slice(0, FAULT_KINDS.length);
      expect(new Set(first)).toEqual(new Set(FAULT_KINDS));
    });
  });

  it('has every kind in a short run too, in as much time as they need', () => {
    for (const seconds of [1, 12])
      forAnySeed((waves) => expect(kindsOf(waves).sort()).toEqual([...FAULT_KINDS].sort()), { seconds });
    forAnySeed((waves) => expect(waves.at(-1)?.atMs).toBeLessThan(30_000), { seconds: 30 });
  });

  it('lets a third of the faults overlap at least', () => {
    forAnySeed((waves) => {
      const together = waves.flatMap(({ faults }) =>
        faults.filter((fault) => faults.some((other) => other !== fault && overlap(fault, other))),
      );
      expect(together.length).toBeGreaterThanOrEqual(faultsOf(waves).length / 3);
    });
  });

  it('does nothing twice at a time, and leaves a pause between waves', () => {
    forAnySeed((waves) => {
      for (const { faults } of waves)
        for (const [index, fault] of faults.entries())
          for (const other of faults.slice(index + 1))
            expect(mayMeet(claimsOf(fault), claimsOf(other)), `${fault.kind}, ${other.kind}`).toBe(true);
      waves.slice(1).forEach((wave, index) => {
        const { atMs = 0, faults = [] } = waves[index] ?? {};
        expect(wave.atMs).toBeGreaterThan(atMs + lengthOf(faults));
      });
    });
  });

  it('never makes progress impossible for long: a replica is always left, and engines come back soon', () => {
    forAnySeed((waves) => {
      for (const { faults } of waves) {
        expect(faults.filter(harmsReplica).length).toBeLessThan(options.replicas);
        for (const [kind, mostMs] of Object.entries(LONGEST_OUTAGE_MS))
          for (const fault of faults.filter((one) => one.kind === kind))
            expect(fault.lastsMs).toBeLessThanOrEqual(mostMs);
      }
    });
  });

  it('has none when no kind is wanted', () => {
    expect(scheduleOf(randomOf(1), { ...options, only: [] })).toEqual([]);
  });

  it('takes the wanted kinds in turn, and together those that are wanted together', () => {
    const waves = scheduleOf(randomOf(1), {
      ...options,
      only: [['kill-mysql', 'pause-replica'], 'cut-commit-before'],
    });
    const kinds = waves.map(({ faults }) => faults.map(({ kind }) => kind));
    expect(kinds.slice(0, 3)).toEqual([
      ['kill-mysql', 'pause-replica'],
      ['cut-commit-before'],
      ['kill-mysql', 'pause-replica'],
    ]);
  });
});
