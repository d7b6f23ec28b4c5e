import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  backoffMs,
  createBudget,
  createLimiter,
  createMutex,
  createSignal,
  endsWithin,
  jitteredMs,
  repeat,
  settled,
  takeBatch,
  TimeoutError,
  unlessAborted,
  within,
} from './index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<never>(() => undefined);

describe('within', () => {
  it('gives the value of work that ends in time, and leaves no timer', async () => {
    await expect(within(1_000, Promise.resolve('done'))).resolves.toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects when the time has passed, with the error of the caller where there is one', async () => {
    const plain = within(10, never).catch((error: unknown) => error);
    const named = within(10, never, () => new Error('late')).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10);
    expect(await plain).toBeInstanceOf(TimeoutError);
    expect(await named).toEqual(new Error('late'));
  });

  it('takes a failure after the time has passed for nobody’s', async () => {
    const work = Promise.withResolvers<void>();
    const late = within(10, work.promise).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10);
    work.reject(new Error('too late to matter'));
    expect(await late).toBeInstanceOf(TimeoutError);
  });

  it('tells whether work ends in time', async () => {
    await expect(endsWithin(10, Promise.resolve())).resolves.toBe(true);
    await expect(endsWithin(10, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    const late = endsWithin(10, never);
    await vi.advanceTimersByTimeAsync(10);
    expect(await late).toBe(false);
  });
});

describe('work that a signal may end', () => {
  const over = new Error('over');

  it('gives its value or its failure while the signal is not aborted, or where there is none', async () => {
    const { signal } = new AbortController();
    for (const one of [signal, undefined]) {
      await expect(unlessAborted(one, Promise.resolve('done'))).resolves.toBe('done');
      await expect(unlessAborted(one, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    }
  });

  it('rejects once the signal is aborted, and takes a later failure for nobody’s', async () => {
    const stop = new AbortController();
    const work = Promise.withResolvers<void>();
    const ended = unlessAborted(stop.signal, work.promise).catch((error: unknown) => error);
    stop.abort(over);
    expect(await ended).toBe(over);
    work.reject(new Error('too late to matter'));
    await expect(unlessAborted(stop.signal, never)).rejects.toBe(over);
  });
});

describe('a budget', () => {
  it('has as many second tries as work has earned', () => {
    const budget = createBudget({ share: 0.1, burst: 10 });
    const taken = () => {
      let count = 0;
      for (; budget.has(); count++) budget.spend();
      return count;
    };
    expect(taken()).toBe(10);
    for (let n = 0; n < 31; n++) budget.earn();
    expect(taken()).toBe(3);
    for (let n = 0; n < 1_000; n++) budget.earn();
    expect(taken()).toBe(10);
  });
});

describe('a signal', () => {
  it('ends a wait, is kept while nobody waits, and is used up by one wait', async () => {
    const signal = createSignal();
    const woken = signal.wait(1_000);
    signal.notify();
    await woken;
    signal.notify();
    await signal.wait(1_000);
    expect(vi.getTimerCount()).toBe(0);
    const slept = signal.wait(1_000);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await slept;
  });
});

describe('repeated work', () => {
  it('pauses as long as the work says, begins at once when woken, and ends after the work in hand', async () => {
    let runs = 0;
    const repeated = repeat(async () => {
      runs += 1;
      return 100;
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(runs).toBe(2);
    repeated.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toBe(3);
    await repeated.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(runs).toBe(3);
  });
});

describe('a batch', () => {
  const bytesOf = (item: number) => item;

  it('holds what stays within both bounds, in order', () => {
    expect(takeBatch([1, 2, 3, 4], { maxCount: 3, maxBytes: 100, bytesOf })).toEqual([1, 2, 3]);
    expect(takeBatch([1, 2, 3, 4], { maxCount: 9, maxBytes: 5, bytesOf })).toEqual([1, 2]);
    expect(takeBatch([], { maxCount: 9, maxBytes: 5, bytesOf })).toEqual([]);
  });

  it('takes an item that is larger than the bound alone', () => {
    expect(takeBatch([50, 1], { maxCount: 9, maxBytes: 5, bytesOf })).toEqual([50]);
  });
});

describe('backoff', () => {
  it('doubles with each attempt, up to the longest pause', () => {
    const pauses = [1, 2, 3, 4].map((attempt) => backoffMs(attempt, { firstMs: 50, longestMs: 300 }));
    expect(pauses).toEqual([50, 100, 200, 300]);
    expect(backoffMs(11, { firstMs: 1 })).toBe(1_024);
  });

  it('jitters within the pause', () => {
    const pauses = Array.from({ length: 100 }, () => jitteredMs(10));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...pauses)).toBeLessThan(10);
  });
});

describe('a limiter', () => {
  it('runs so much at once, in order, and frees the place of work that rejects', async () => {
    const limit = createLimiter(2);
    const begun: number[] = [];
    const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const results = gates.map(({ promise }, index) =>
      limit(() => {
        begun.push(index);
        return promise;
      }).catch(() => 'failed'),
    );
    expect(begun).toEqual([0, 1]);
    gates[0]?.reject(new Error('failed'));
    await results[0];
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    expect(await Promise.all(results)).toEqual(['failed', undefined, undefined]);
  });

  it('runs one at a time as a mutex', async () => {
    const alone = createMutex();
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
    };
    await Promise.all([alone(work), alone(work), alone(work)]);
    expect(most).toBe(1);
  });
});

describe('settled', () => {
  it('throws the first failure once all has ended', async () => {
    const slow = Promise.withResolvers<void>();
    let isOver = false;
    const all = settled([Promise.reject(new Error('first')), slow.promise]).catch((error: unknown) => {
      isOver = true;
      return error;
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(isOver).toBe(false);
    slow.resolve();
    expect(await all).toEqual(new Error('first'));
    await expect(settled([Promise.resolve()])).resolves.toBeUndefined();
  });
});
