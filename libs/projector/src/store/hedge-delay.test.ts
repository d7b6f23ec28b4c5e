import { describe, expect, it } from 'vitest';
import { createHedgeDelay } from './hedge-delay.ts';

const BOUNDS = { leastMs: 400, mostMs: 1_500 };
const after = (times: readonly number[]) => {
  const delay = createHedgeDelay(BOUNDS);
  for (const tookMs of times) delay.answered(tookMs);
  return delay.ms();
};
const many = (tookMs: number) => Array.from({ length: 50 }, () => tookMs);

describe('the delay of a second request', () => {
  it('is the least one while answers come in time, also when one of them was late', () => {
    expect(after([])).toBe(400);
    expect(after([900])).toBe(400);
    expect(after([...many(20), 390])).toBe(400);
  });

  it('stays the least one when every third answer was that of a node that hung', () => {
    expect(after(many(20).flatMap((usual) => [usual, usual, 2_900]))).toBe(400);
  });

  it('grows when all answers take long, up to its bound, and shrinks again', () => {
    expect(after(many(250))).toBeGreaterThan(900);
    expect(after(many(2_000))).toBe(1_500);
    expect(after([...many(2_000), ...many(20)])).toBe(400);
  });
});
