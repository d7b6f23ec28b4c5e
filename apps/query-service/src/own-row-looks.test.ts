import { describe, expect, it } from 'vitest';
import { createOwnRowLooks } from './own-row-looks.ts';

describe('looks at own rows', () => {
  it('are bounded: one that finds no place is left out', async () => {
    const { until } = createOwnRowLooks({ maxAtOnce: 2, firstPauseMs: 1 });
    const held = Promise.withResolvers<undefined>();
    let [atOnce, most] = [0, 0];
    const read = async () => {
      most = Math.max(most, ++atOnce);
      await held.promise;
      return atOnce--;
    };
    const all = Array.from({ length: 10 }, () =>
      until(read, () => Promise.resolve(true), new AbortController().signal),
    );
    await expect.poll(() => most).toBe(2);
    held.resolve(undefined);
    await Promise.all(all);
    expect(most).toBe(2);
  });

  it('find what came soon after it came, and are few while nothing comes', async () => {
    for (const comesAtMs of [20, 45, 90, 170, 400, 900, 5_000]) {
      let [elapsedMs, reads] = [0, 0];
      const wait = async (ms: number) => void (elapsedMs += ms);
      const read = async () => ++reads;
      const isThere = async () => elapsedMs >= comesAtMs;
      await createOwnRowLooks({ wait }).until(read, isThere, new AbortController().signal);
      expect(elapsedMs).toBeLessThan(1.25 * comesAtMs + 11);
      expect(reads).toBeLessThan(35);
    }
  });

  it('end with the reason of who needs no answer any more', async () => {
    const over = new AbortController();
    const looking = createOwnRowLooks().until(
      () => Promise.reject(new Error('the store is away')),
      () => Promise.resolve(true),
      over.signal,
    );
    over.abort();
    await expect(looking).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('learn when rows are there after an event was seen: two looks find most, soon after they came', async () => {
    for (const usualMs of [2, 8, 60]) {
      const clock = clockAt(1_000);
      const { until } = createOwnRowLooks(clock);
      const taken = { looks: 0, lateMs: 0, count: 0 };
      for (let n = 0; n < 400; n++) {
        const seenMs = clock.now();
        // The time from the event to its rows: the usual one, half of it more, or less.
        const thereMs = seenMs + usualMs * (0.75 + ((n * 7) % 11) / 20);
        let looks = 0;
        await until(
          async () => ++looks,
          async () => clock.now() >= thereMs,
          new AbortController().signal,
          Promise.resolve(seenMs),
        );
        if (n < 150) continue;
        taken.looks += looks;
        taken.lateMs += clock.now() - thereMs;
        taken.count += 1;
      }
      expect(taken.looks / taken.count).toBeLessThan(2.5);
      expect(taken.lateMs / taken.count).toBeLessThan(0.2 * usualMs + 1);
    }
  });

  it('learn nothing from looks that failed, and come sooner again where the progress is there first', async () => {
    const never = new AbortController().signal;
    const seenAt = () => Promise.resolve(clock.now());
    const clock = clockAt(1_000);
    const { until } = createOwnRowLooks({ ...clock, maxAtOnce: 2 });
    const firstWait = async () => {
      clock.waits.length = 0;
      await until(
        () => Promise.resolve(1),
        () => Promise.resolve(true),
        never,
        seenAt(),
      );
      return clock.waits[0] ?? 0;
    };
    let fails = 300;
    const failing = () => (fails-- > 0 ? Promise.reject(new Error('the store is away')) : Promise.resolve(1));
    await until(failing, () => Promise.resolve(true), never, seenAt());
    const held = Promise.withResolvers<number>();
    const all = Array.from({ length: 200 }, () =>
      until(
        () => held.promise,
        () => Promise.resolve(true),
        never,
        seenAt(),
      ),
    );
    held.resolve(1);
    await Promise.all(all);
    expect(await firstWait()).toBeLessThan(5);

    for (let n = 0; n < 120; n++) {
      let looks = 0;
      await until(
        async () => ++looks,
        async () => looks === 2,
        never,
        seenAt(),
      );
    }
    expect(await firstWait()).toBeGreaterThan(200);
    clock.abortsAtMs = 20;
    for (let n = 0; n < 60; n++) await firstWait().catch(() => undefined);
    clock.abortsAtMs = Infinity;
    expect(await firstWait()).toBeLessThan(20);
  });

  it('are rare until the event is seen, and begin at once when its rows are due already', async () => {
    const clock = clockAt(1_000);
    const seen = Promise.withResolvers<number>();
    let looks = 0;
    const found = createOwnRowLooks(clock).until(
      async () => {
        looks += 1;
        if (looks === 3) seen.resolve(clock.now() - 1_000);
        return looks;
      },
      async () => looks === 4,
      new AbortController().signal,
      seen.promise,
    );
    expect(await found).toBe(4);
    expect(clock.waits).toEqual([10, 12.5, 15.625]);
  });
});

/** A clock that only waiting moves. */
function clockAt(startMs: number) {
  let nowMs = startMs;
  const clock = {
    waits: [] as number[],
    /** A wait that would last longer is over by then: the progress was there. */
    abortsAtMs: Infinity,
    now: () => nowMs,
    wait: async (ms: number) => {
      clock.waits.push(ms);
      nowMs += Math.min(ms, clock.abortsAtMs);
      if (ms > clock.abortsAtMs) throw new Error('nobody waits any more');
    },
  };
  return clock;
}
