import { describe, expect, it } from 'vitest';
import { inFlight } from './in-flight.ts';

describe('inFlight', () => {
  it('runs everything once, never more than so many at once', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await inFlight(
      Array.from({ length: 50 }, (_, index) => index),
      4,
      async (item) => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running -= 1;
        done.push(item);
      },
    );
    expect(most).toBe(4);
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it('starts nothing more after a failure, waits for what is under way, and rejects with the failure', async () => {
    const finished: number[] = [];
    const work = inFlight([1, 2, 3, 4, 5, 6], 2, async (item) => {
      if (item === 2) throw new Error('two');
      await new Promise(setImmediate);
      finished.push(item);
    });
    await expect(work).rejects.toThrow('two');
    expect(finished).toEqual([1]);
  });
});
