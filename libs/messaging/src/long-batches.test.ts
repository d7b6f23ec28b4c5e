import { describe, expect, it } from 'vitest';
import { createLongBatches, type LongBatch, type Outcome } from './long-batches.ts';

const FAR_MS = 60;
const LEARNT = 32;

/** Long batches of one topic, whose pauses are noted; far away once `learn` has resolved. */
function batches() {
  const paused = new Set<number>();
  const failures: unknown[] = [];
  const back: number[] = [];
  const long = createLongBatches((error) => failures.push(error));
  const payload = (partition: number, heartbeat = () => Promise.resolve()): LongBatch => ({
    batch: { topic: 'orders', partition },
    pause() {
      paused.add(partition);
      return () => paused.delete(partition);
    },
    heartbeat,
    goBack() {
      back.push(partition);
      long.moved('orders', partition);
    },
  });
  const far = () => new Promise<Outcome>((resolve) => setTimeout(() => resolve('done'), FAR_MS));
  const learn = () =>
    Promise.all(Array.from({ length: LEARNT }, (_, n) => long.run(payload(1_000 + n), far)));
  return { long, paused, failures, back, payload, learn };
}

describe('batches', () => {
  it('are waited for where the quickest of many is quick', async () => {
    const { long, paused, payload, learn } = batches();
    await learn();
    await long.run(payload(0), () => Promise.resolve('done'));
    await long.ended();
    const work = Promise.withResolvers<Outcome>();
    let isDone = false;
    const run = long.run(payload(1), () => work.promise).then(() => (isDone = true));
    await Promise.resolve();
    expect([isDone, paused.size]).toEqual([false, 0]);
    work.resolve('done');
    await run;
  });

  it('are not waited for where all take long; their partition gets no other one meanwhile', async () => {
    const { long, paused, payload, learn } = batches();
    await learn();
    const work = Promise.withResolvers<Outcome>();
    await long.run(payload(0), () => work.promise);
    expect([...paused]).toEqual([0]);
    work.resolve('done');
    await long.ended();
    expect([...paused]).toEqual([]);
  });

  it('leave a partition paused that is held', async () => {
    const { long, paused, payload, learn } = batches();
    await learn();
    await long.run(payload(0), () => Promise.resolve('held'));
    await long.ended();
    expect([...paused]).toEqual([0]);
  });

  it('are stale when their partitions may be another member’s, and the next waits for their end', async () => {
    const { long, payload, learn } = batches();
    await learn();
    const first = Promise.withResolvers<Outcome>();
    let isStale = () => false;
    await long.run(payload(0), (turn) => {
      isStale = turn.isStale;
      return first.promise;
    });
    expect(isStale()).toBe(false);
    long.revoke();
    expect(isStale()).toBe(true);
    const began: string[] = [];
    const second = long.run(payload(0), () => {
      began.push('second');
      return Promise.resolve('done');
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(began).toEqual([]);
    first.resolve('done');
    await second;
    expect(began).toEqual(['second']);
  });

  it('are stale when their partition goes on elsewhere, and no others are', async () => {
    const { long, payload, learn } = batches();
    await learn();
    const work = Promise.withResolvers<Outcome>();
    const stale: (() => boolean)[] = [];
    for (const partition of [0, 1])
      await long.run(payload(partition), ({ isStale }) => {
        stale.push(isStale);
        return work.promise;
      });
    long.moved('orders', 1);
    expect(stale.map((isStale) => isStale())).toEqual([false, true]);
    work.resolve('done');
    await long.ended();
  });

  it('tell of a failure, and let the batch come again later', async () => {
    const { long, paused, failures, payload, learn } = batches();
    await learn();
    await long.run(payload(0), () => Promise.reject(new Error('no')));
    await long.ended();
    expect([failures.length, paused.size]).toEqual([1, 1]);
    long.revoke();
    expect(paused.size).toBe(0);
  });

  it('let the group’s change through to the fetches', async () => {
    const { long, payload, learn } = batches();
    await learn();
    const changes = () => Promise.reject(new Error('the group changes'));
    const run = long.run(payload(0, changes), () => Promise.resolve('done'));
    await expect(run).rejects.toThrow('the group changes');
    await long.ended();
  });

  it('let the next one of their partition begin beside them, a few at once', async () => {
    const { long, paused, payload, learn } = batches();
    await learn();
    const ends: (() => void)[] = [];
    const begin = () =>
      long.run(payload(0), ({ goOn }) => {
        goOn?.();
        return new Promise<Outcome>((resolve) => ends.push(() => resolve('done')));
      });
    for (let n = 1; n <= 3; n++) {
      await begin();
      expect([...paused]).toEqual([]);
    }
    await begin();
    expect([ends.length, [...paused]]).toEqual([4, [0]]);
    ends.shift()?.();
    await expect.poll(() => [...paused]).toEqual([]);
    for (const end of ends) end();
    await long.ended();
    expect([...paused]).toEqual([]);
  });

  it('keep their partition paused after a failure, whichever of them ends meanwhile', async () => {
    const { long, paused, payload, learn } = batches();
    await learn();
    const work = [1, 2].map(() => Promise.withResolvers<Outcome>());
    await long.run(payload(0), ({ goOn }) => {
      goOn?.();
      return work[0]?.promise ?? Promise.resolve('done');
    });
    await long.run(payload(0), () => work[1]?.promise ?? Promise.resolve('done'));
    work[0]?.reject(new Error('no'));
    work[1]?.resolve('given-up');
    await long.ended();
    expect([...paused]).toEqual([0]);
    long.revoke();
    expect([...paused]).toEqual([]);
  });

  it('that are given up or held say nothing of how far away the store is', async () => {
    const { long, payload, learn } = batches();
    await learn();
    for (const outcome of ['given-up', 'held'] as const)
      await long.run(payload(0), () => Promise.resolve(outcome));
    await long.ended();
    let isBeside = false;
    await long.run(payload(1), ({ goOn }) => {
      isBeside = goOn !== undefined;
      return Promise.resolve('done');
    });
    await long.ended();
    expect(isBeside).toBe(true);
  });

  it('go one after the other where they are waited for', async () => {
    const { long, payload } = batches();
    const turns: unknown[] = [];
    await long.run(payload(0), ({ goOn }) => {
      turns.push(goOn);
      return Promise.resolve('done');
    });
    expect(turns).toEqual([undefined]);
  });

  it('lead their partition back when one fails, and what began after it is stale', async () => {
    const { long, paused, failures, back, payload, learn } = batches();
    await learn();
    const work = [1, 2].map(() => Promise.withResolvers<Outcome>());
    const stale: (() => boolean)[] = [];
    for (const { promise } of work)
      await long.run(payload(0), ({ goOn, isStale }) => {
        goOn?.();
        stale.push(isStale);
        return promise;
      });
    work[0]?.reject(new Error('no'));
    await expect.poll(() => back).toEqual([0]);
    expect([stale[1]?.(), failures.length, [...paused]]).toEqual([true, 1, [0]]);
    let hasBegun = false;
    const next = long.run(payload(0), () => {
      hasBegun = true;
      return Promise.resolve('done');
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasBegun).toBe(false);
    work[1]?.resolve('done');
    await next;
    await long.ended();
  });
});
