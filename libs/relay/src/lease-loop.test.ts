import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLeaseLoop, type LeaseLoop } from './lease-loop.ts';
import type { OwnedShard } from './leases.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const owned: readonly OwnedShard[] = [{ shard: 0, epoch: 1n, position: 0n, leaseEndsAtMs: 0 }];

let looks: number[];
let startedAt: number;
let foreignEndsAtMs: number;
let failing: boolean;
let share: number;
let loop: LeaseLoop;

beforeEach(() => {
  vi.useFakeTimers();
  [looks, startedAt, foreignEndsAtMs, failing, share] = [[], performance.now(), Infinity, false, 1];
  const now = () => performance.now() - startedAt;
  const renew = async () => {
    looks.push(now());
    if (failing) throw new Error('no database');
    if (foreignEndsAtMs <= now()) foreignEndsAtMs = Infinity;
    return { taken: [], lost: [] };
  };
  const leases = {
    renew,
    owned: () => owned,
    share: () => share,
    refilling: () => [],
    foreignLeaseEndsInMs: () => foreignEndsAtMs - now(),
  };
  const ignore = () => {};
  loop = createLeaseLoop({ leases, renewEveryMs: 2_500, log: silent, onTaken: ignore, onLost: ignore });
});
afterEach(() => {
  loop.stop();
  vi.useRealTimers();
});

async function looksWithin(ms: number): Promise<readonly number[]> {
  void loop.run();
  await vi.advanceTimersByTimeAsync(ms);
  return looks;
}

describe('the lease loop', () => {
  it('renews at its interval while the leases of others are far from their end', async () => {
    foreignEndsAtMs = 60_000;
    expect(await looksWithin(8_000)).toEqual([0, 2_500, 5_000, 7_500]);
  });

  it('looks again when a lease of another has ended, and not only at its next renewal', async () => {
    foreignEndsAtMs = 5_100;
    expect(await looksWithin(8_000)).toEqual([0, 2_500, 5_000, 5_105, 7_605]);
  });

  it('looks more often below its share', async () => {
    share = 2;
    expect(await looksWithin(1_200)).toEqual([0, 500, 1_000]);
  });

  it('does not hurry while the database does not answer', async () => {
    [foreignEndsAtMs, failing] = [100, true];
    expect(await looksWithin(8_000)).toEqual([0, 2_500, 5_000, 7_500]);
  });
});
