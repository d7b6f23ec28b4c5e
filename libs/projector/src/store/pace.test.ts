import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPace, type PaceBounds } from './pace.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

/** Sends requests whenever there is room. The store answers each after `takes` ms. Gives the most requests at once, of late. */
async function mostAtOnce(bounds: PaceBounds, takes: (inFlight: number) => number): Promise<number> {
  const pace = createPace(bounds);
  let inFlight = 0;
  let most = 0;
  for (let ms = 0; ms < 10_000; ms++) {
    while (pace.hasRoom()) {
      pace.begin();
      inFlight += 1;
      const sentAtMs = performance.now();
      setTimeout(() => {
        inFlight -= 1;
        pace.end();
        pace.succeeded(performance.now() - sentAtMs);
      }, takes(inFlight));
    }
    if (ms > 5_000) most = Math.max(most, inFlight);
    await vi.advanceTimersByTimeAsync(1);
  }
  return most;
}

describe('a pace', () => {
  it('fills the way to a distant store', async () => {
    expect(await mostAtOnce({ firstInFlight: 4, maxInFlight: 64 }, () => 85)).toBe(64);
  });

  it('makes no line at a store that does one request after the other', async () => {
    expect(await mostAtOnce({ firstInFlight: 4, maxInFlight: 64 }, (inFlight) => 10 * inFlight)).toBeLessThan(
      8,
    );
  });

  it('stays at its bound where nothing else is said', async () => {
    expect(await mostAtOnce({ maxInFlight: 16 }, (inFlight) => 10 * inFlight)).toBe(16);
  });

  it('halves after an overload, and comes back by one after each success', () => {
    const pace = createPace({ maxInFlight: 8 });
    pace.overloaded();
    for (let n = 0; n < 4; n++) pace.begin();
    expect(pace.hasRoom()).toBe(false);
    pace.succeeded(1);
    expect(pace.hasRoom()).toBe(true);
    pace.begin();
    // The time of the answer makes no difference.
    pace.succeeded(1_000);
    expect(pace.hasRoom()).toBe(true);
  });
});
