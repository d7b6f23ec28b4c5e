import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSweeper } from './sweeper.ts';

const pauseMs = { told: 15_000, untold: 1_000 };

/** A sweeper of one aggregate. Each look ends when the test says so. */
function sweeping() {
  const underWay: (() => void)[] = [];
  const counts = { looks: 0, most: 0 };
  const sweeper = createSweeper({
    looks: () => [
      () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        underWay.push(resolve);
        counts.looks += 1;
        counts.most = Math.max(counts.most, underWay.length);
        return promise;
      },
    ],
    pauseMs,
    atOnce: 8,
  });
  return {
    sweeper,
    counts,
    /** Ends the looks under way, and with them their sweep. */
    async endLooks() {
      for (const end of underWay.splice(0)) end();
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

describe('a sweeper', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('has one sweep at a time and one planned, however often it is told during a sweep', async () => {
    const { sweeper, counts, endLooks } = sweeping();
    sweeper.plan();
    for (let n = 1; n <= 5; n++) {
      await vi.advanceTimersByTimeAsync(pauseMs.untold);
      expect(counts.looks).toBe(n);
      sweeper.told(false);
      await vi.advanceTimersByTimeAsync(3 * pauseMs.untold);
      expect([counts.looks, vi.getTimerCount()]).toEqual([n, 0]);
      await endLooks();
      expect(vi.getTimerCount()).toBe(1);
    }
    expect(counts.most).toBe(1);
    sweeper.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('sweeps soon after a sweep during which it was told, and then after the usual pause', async () => {
    const { sweeper, counts, endLooks } = sweeping();
    sweeper.plan();
    await vi.advanceTimersByTimeAsync(pauseMs.untold);
    sweeper.told(true);
    await endLooks();
    await vi.advanceTimersByTimeAsync(pauseMs.untold);
    expect(counts.looks).toBe(2);
    await endLooks();
    await vi.advanceTimersByTimeAsync(pauseMs.told - 1);
    expect(counts.looks).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(counts.looks).toBe(3);
    sweeper.stop();
  });

  it('plans nothing once it is stopped, also during a sweep', async () => {
    const { sweeper, counts, endLooks } = sweeping();
    sweeper.plan();
    await vi.advanceTimersByTimeAsync(pauseMs.untold);
    sweeper.told(false);
    sweeper.stop();
    await endLooks();
    expect([counts.looks, vi.getTimerCount()]).toEqual([1, 0]);
  });
});
