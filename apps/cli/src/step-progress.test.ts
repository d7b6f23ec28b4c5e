import { describe, expect, it } from 'vitest';
import { stepProgress } from './step-progress.ts';

/** A display that a test reads, with a clock of the test. */
function page() {
  const said: string[] = [];
  const clock = { nowMs: 0 };
  const display = { terminal: false, say: (text: string) => said.push(text), nowMs: () => clock.nowMs };
  return { said, clock, display };
}

describe('progress without a terminal', () => {
  it('says every few seconds how much is done, how fast, and how long the rest takes', () => {
    const { said, clock, display } = page();
    const progress = stepProgress(false, display);
    // Work of an earlier run does not count for the speed.
    for (let second = 0; second <= 12; second++) {
      clock.nowMs = second * 1_000;
      progress.step('filling', 50_000 + second * 2_000, 100_000);
    }
    progress.stop();
    expect(said).toEqual([
      '  filling: 60000/100000 · 2000/s · 20 s left',
      '  filling: 70000/100000 · 2000/s · 15 s left',
      '  filling: 74000',
    ]);
  });

  it('goes by the last seconds, and names no end while nothing moves', () => {
    const { said, clock, display } = page();
    const progress = stepProgress(false, display);
    for (let second = 0; second <= 30; second++) {
      clock.nowMs = second * 1_000;
      progress.step('filling', Math.min(second, 10) * 1_000, 1_000_000);
    }
    expect(said[0]).toBe('  filling: 5000/1000000 · 1000/s · 17 min left');
    expect(said.at(-1)).toBe('  filling: 10000/1000000 · 0/s');
  });

  it('ends a phase with a line when the next one begins, and says nothing when it is to be quiet', () => {
    const { said, display } = page();
    const progress = stepProgress(false, display);
    progress.step('reading', 7, 7);
    progress.step('writing', 3, 3);
    progress.stop();
    progress.stop();
    stepProgress(true, display).step('reading', 7, 7);
    expect(said).toEqual(['  reading: 7', '  writing: 3']);
  });
});
