import { once } from 'node:events';
import { StaleBatchError, type BatchControl } from '@meridian/messaging';
import { describe, expect, it } from 'vitest';
import { persist } from './persist.ts';

function control(): BatchControl & { stale: boolean } {
  const found = {
    stale: false,
    heartbeat: () => Promise.resolve(),
    isStale: () => found.stale,
    goOnAt: () => undefined,
  };
  return found;
}

describe('work that is repeated until the store has taken it', () => {
  it('is ended in the middle of a try when the partition is no longer ours, and not tried again', async () => {
    const batch = control();
    let [tries, failures] = [0, 0];
    const work = async (signal: AbortSignal) => {
      tries += 1;
      batch.stale = true;
      await once(signal, 'abort');
      signal.throwIfAborted();
    };
    const repeated = persist(work, { control: batch, onFailure: () => (failures += 1) });
    await expect(repeated).rejects.toThrow(StaleBatchError);
    expect({ tries, failures }).toEqual({ tries: 1, failures: 0 });
  });

  it('is tried again after any failure, until it succeeds', async () => {
    let tries = 0;
    const work = () => (++tries < 3 ? Promise.reject(new Error('away')) : Promise.resolve());
    const told: number[] = [];
    await persist(work, {
      ...{ control: control(), firstPauseMs: 1 },
      onFailure: (_error, count) => told.push(count),
    });
    expect(told).toEqual([1, 2]);
  });
});
