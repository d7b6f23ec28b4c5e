import { describe, expect, it } from 'vitest';
import { createWaiting, type BatchEdges } from './waiting.ts';

const key = 'orders/3';
const at = (seconds: number) => new Date(1_000 * seconds);
/** Messages 10 to 14 of 20, recorded in the seconds 100 to 104. */
const batch: BatchEdges = {
  firstOffset: 10n,
  lastOffset: 14n,
  end: 20n,
  firstAt: at(100),
  lastAt: at(104),
};

function setUp() {
  const told = { lag: -1n, since: at(0) as Date | undefined };
  const waiting = createWaiting(
    {
      lag: (_key, messages) => (told.lag = messages),
      waitsSince: (_key, since) => (told.since = since),
    },
    () => at(500),
  );
  return { told, waiting };
}

describe('what waits in Kafka', () => {
  it('grows while a batch cannot be applied, and is as old as its first event', async () => {
    const { told, waiting } = setUp();
    const store = Promise.withResolvers<void>();
    const applying = waiting.whileApplied(key, batch, () => store.promise);
    expect(told).toEqual({ lag: 10n, since: at(100) });
    waiting.endsAt(key, 75n);
    expect(told).toEqual({ lag: 65n, since: at(100) });
    waiting.endsAt(key, 5_000n);
    expect(told).toEqual({ lag: 4_990n, since: at(100) });
    store.resolve();
    await applying;
    expect(told).toEqual({ lag: 4_985n, since: at(104) });
  });

  it('is nothing, of no age, when all is applied', async () => {
    const { told, waiting } = setUp();
    await waiting.whileApplied(key, { ...batch, end: 15n }, () => Promise.resolve());
    expect(told).toEqual({ lag: 0n, since: undefined });
    waiting.endsAt(key, 15n);
    expect(told).toEqual({ lag: 0n, since: undefined });
  });

  it('waits from the moment on at which Kafka tells of it, until a fetch brings it', async () => {
    const { told, waiting } = setUp();
    await waiting.whileApplied(key, { ...batch, end: 15n }, () => Promise.resolve());
    waiting.endsAt(key, 16n);
    expect(told).toEqual({ lag: 1n, since: at(500) });
    const edges = { firstOffset: 15n, lastOffset: 15n, end: 16n, firstAt: at(499), lastAt: at(499) };
    await waiting.whileApplied(key, edges, () => {
      expect(told).toEqual({ lag: 1n, since: at(499) });
      return Promise.resolve();
    });
    expect(told).toEqual({ lag: 0n, since: undefined });
  });

  it('goes on waiting when its batch is put off', async () => {
    const { told, waiting } = setUp();
    await expect(waiting.whileApplied(key, batch, () => Promise.reject(new Error('full')))).rejects.toThrow(
      'full',
    );
    expect(told).toEqual({ lag: 10n, since: at(100) });
  });

  it('is as old as the first of the batches that are worked on at once', async () => {
    const { told, waiting } = setUp();
    const store = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const next = { firstOffset: 15n, lastOffset: 19n, end: 20n, firstAt: at(105), lastAt: at(109) };
    const applying = [batch, next].map((edges, n) =>
      waiting.whileApplied(key, edges, async () => store[n]?.promise),
    );
    expect(told).toEqual({ lag: 10n, since: at(100) });
    store[0]?.resolve();
    await applying[0];
    expect(told).toEqual({ lag: 5n, since: at(104) });
    store[1]?.resolve();
    await applying[1];
    expect(told).toEqual({ lag: 0n, since: undefined });
  });

  it('is not told of once the partition may be another process’, also by a batch that ends late', async () => {
    const { told, waiting } = setUp();
    await waiting.whileApplied(key, batch, () => {
      waiting.forget();
      told.lag = -1n;
      return Promise.resolve();
    });
    waiting.endsAt(key, 100n);
    expect(told.lag).toBe(-1n);
  });
});
