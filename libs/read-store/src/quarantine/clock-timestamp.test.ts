import { describe, expect, it } from 'vitest';
import { clockTimestamp } from './clock-timestamp.ts';

describe('the timestamp of a statement that the clock orders', () => {
  it('is of now, in microseconds, and higher than the one before also within a millisecond', () => {
    const before = BigInt(Date.now()) * 1_000n;
    const stamps = Array.from({ length: 1_000 }, clockTimestamp);
    expect(stamps[0]).toBeGreaterThanOrEqual(before);
    expect(stamps.every((stamp, at) => at === 0 || stamp > (stamps[at - 1] ?? 0n))).toBe(true);
  });
});
