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
    goOn: () => undefined,
  };
  return found;
}

describe('work that is repeated until the store has taken it', () => {
  it('is ended in the middle of a try that takes too long when the partition is no longer ours', async () => {
    const batch = control();
    let [tries, failures] = [0, 0];
    const work = async (signal: AbortSignal) => {
      tries += 1;
      batch.stale = true;
      await once(signal, 'abort');
      signal.throwIfAborted();
    };
    const repeated = persist(work, {
      control: batch,
      finishMs: 0,
      onFailure: () => (failures += 1),
    });
    await expect(repeated).rejects.toThrow(StaleBatchError);
    expect({ tries, failures }).toEqual({ tries: 1, failures: 0 });
  });

  it('may finish the try that has begun when the partition is no longer ours; there is no other', async () => {
    const batch = control();
    let aborted = false;
    const finishing = async (signal: AbortSignal) => {
      batch.stale = true;
      // Longer than the time between two checks of the partition.
      await new Promise((resolve) => setTimeout(resolve, 300));
      aborted = signal.aborted;
    };
    await persist(finishing, { control: batch, onFailure: () => undefined });
    expect(aborted).toBe(false);
    await expect(persist(finishing, { control: batch, onFailure: () => undefined })).rejects.toThrow(
      StaleBatchError,
    );
  });

  it('is tried once all the same when it is owed', async () => {
    const batch = control();
    batch.stale = true;
    let tries = 0;
    const work = () => {
      tries += 1;
      return Promise.reject(new Error('away'));
    };
    const owed = { control: batch, firstPauseMs: 1, isOwed: true, onFailure: () => undefined };
    await expect(persist(work, owed)).rejects.toThrow(StaleBatchError);
    expect(tries).toBe(1);
  });

  it('is tried again after any failure, until it succeeds', async () => {
    let tries = 0;
    const work = () => (++tries < 3 ? Promise.reject(new Error('away')) : Promise.resolve());
    const told: number[] = [];
    await persist(work, {
      control: control(),
      firstPauseMs: 1,
      onFailure: (_error, count) => told.push(count),
    });
    expect(told).toEqual([1, 2]);
  });
});
