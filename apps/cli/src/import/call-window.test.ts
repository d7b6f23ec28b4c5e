import { describe, expect, it } from 'vitest';
import { createCallWindow, type CallWindowOptions } from './call-window.ts';

class Overload extends Error {
  override readonly name = 'Overload';
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A window whose calls end when the test says so. */
function windowOf(bounds: Partial<CallWindowOptions> = {}) {
  const window = createCallWindow({
    maxCalls: 256,
    isOverload: (error) => error instanceof Overload,
    ...bounds,
  });
  const running: { end(error?: Error): void }[] = [];
  const outcomes: unknown[] = [];
  const add = (count: number, sizeBytes = 1) => {
    for (let n = 0; n < count; n++) {
      const call = () =>
        new Promise<void>((resolve, reject) => {
          running.push({ end: (error) => (error ? reject(error) : resolve()) });
        });
      window.run(sizeBytes, call).then(
        () => outcomes.push('answered'),
        (error: unknown) => outcomes.push(error),
      );
    }
    return settled();
  };
  const end = (count: number, error?: Error) => {
    for (const call of running.splice(0, count)) call.end(error);
    return settled();
  };
  return { window, running, outcomes, add, end };
}

describe('the window of calls under way', () => {
  it('starts with 64 and grows up to its bound while calls are answered', async () => {
    const { window, running, add, end } = windowOf({ maxCalls: 100 });
    await add(300);
    expect(running).toHaveLength(64);
    await end(10);
    expect(running).toHaveLength(74);
    await end(74);
    expect([running.length, window.limit()]).toEqual([100, 100]);
  });

  it('grows by refusals too: they are answers', async () => {
    const { window, outcomes, add, end } = windowOf();
    await add(10);
    const refusal = new Error('PRODUCT_EXISTS');
    await end(10, refusal);
    expect(window.limit()).toBe(74);
    expect(outcomes).toEqual(Array.from({ length: 10 }, () => refusal));
  });

  it('is halved once by all that was under way when the service had too much to do', async () => {
    const { window, running, outcomes, add, end } = windowOf();
    await add(200);
    await end(64, new Overload());
    expect(window.limit()).toBe(32);
    expect(running).toHaveLength(32);
    await end(1, new Overload());
    expect(window.limit()).toBe(16);
    expect(outcomes).toHaveLength(65);
  });

  it('grows by one a round after an overload, and never falls below four', async () => {
    const { window, running, add, end } = windowOf({ maxCalls: 16 });
    await add(400);
    for (let round = 0; round < 6; round++) await end(running.length, new Overload());
    expect([window.limit(), running.length]).toEqual([4, 4]);
    await end(4);
    await end(running.length);
    expect(window.limit()).toBeLessThanOrEqual(6);
    for (let round = 0; round < 30; round++) await end(running.length);
    expect(window.limit()).toBe(16);
  });

  it('is bounded in bytes; what is larger than the bound goes alone', async () => {
    const { running, add, end } = windowOf({ maxBytes: 100 });
    await add(3, 40);
    await add(1, 500);
    await add(1, 1);
    expect(running).toHaveLength(2);
    await end(2);
    expect(running).toHaveLength(1);
    await end(1);
    expect(running).toHaveLength(1);
    await end(1);
    expect(running).toHaveLength(1);
  });
});
