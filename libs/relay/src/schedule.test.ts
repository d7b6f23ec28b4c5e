import { describe, expect, it } from 'vitest';
import type { OwnedShard } from './leases.ts';
import { createSchedule } from './schedule.ts';

const shard = (number: number): OwnedShard => ({ shard: number, epoch: 1n, position: 0n, leaseEndsAtMs: 0 });
const [a, b, c] = [shard(1), shard(2), shard(3)];
const all = [a, b, c];

describe('the schedule of publishing', () => {
  it('takes all that is due together, once', () => {
    const schedule = createSchedule();
    for (const one of [a, b, a]) schedule.add(one);
    expect(schedule.dueInMs(5)).toBe(0);
    expect(schedule.take(5)).toEqual([a, b]);
    expect(schedule.take(5)).toEqual([]);
    expect(schedule.dueInMs(5)).toBeUndefined();
  });

  it('tries what failed alone, later each time, and together again once it succeeded', () => {
    const schedule = createSchedule();
    schedule.failed([a, b], 1_000);
    schedule.add(c);
    expect(schedule.take(1_000)).toEqual([c]);
    expect(schedule.dueInMs(1_000)).toBe(100);
    expect(schedule.take(1_100)).toEqual([a]);
    schedule.failed([a], 1_100);
    expect(schedule.failures(a)).toBe(2);
    expect(schedule.take(1_100)).toEqual([b]);
    schedule.succeeded([b]);
    expect(schedule.dueInMs(1_100)).toBe(200);
    expect(schedule.take(1_300)).toEqual([a]);
    schedule.succeeded([a]);
    for (const one of all) schedule.add(one);
    expect(schedule.take(1_300)).toEqual(all);
  });

  it('neither lets what fails hold up the others nor the others hold it up', () => {
    const schedule = createSchedule();
    schedule.failed([a], 0);
    const taken: number[] = [];
    for (let now = 200; now < 206; now++) {
      for (const one of all) schedule.add(one);
      taken.push(schedule.take(now).length);
      if (taken.at(-1) === 1) schedule.add(a);
    }
    expect(taken).toEqual([2, 1, 2, 1, 2, 1]);
  });

  it('forgets a shard that went to another replica', () => {
    const schedule = createSchedule();
    schedule.failed([a], 0);
    schedule.forget(a);
    expect([schedule.dueInMs(0), schedule.failures(a)]).toEqual([undefined, 0]);
  });
});
