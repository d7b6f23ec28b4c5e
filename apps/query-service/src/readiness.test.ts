import { failing } from '@meridian/cassandra/testing/failing';
import { describe, expect, it } from 'vitest';
import { readiness } from './readiness.ts';
import { RegionStoreBusyError, RegionStoreError } from './region-store.ts';
import { modelWith, sessionWith, unused, watchWith } from './testing/stand-ins.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };
const LATE = new RegionStoreError('late', { cause: failing('late') });
const REFUSED = new RegionStoreError('refused', { cause: failing('statement') });

/** Whether a service is ready whose tables are all there, and whose looks at the progress fail like this. */
async function isReady(failure: Error, isServing: () => boolean = () => true): Promise<boolean> {
  const store = { region: 'eu-west', session: sessionWith(), isServing: () => true, close: unused };
  const model = modelWith('orders', {
    watch: watchWith({ current: () => Promise.reject(failure) }),
    parked: { asOf: unused, mayLack: unused },
  });
  const copies = model.copies(1);
  const guarded = { ...model, copies: () => (isServing() ? copies : []) };
  return readiness([store], () => new Map(), [guarded], log)();
}

describe('readiness', () => {
  it('is not lost while the store has too much to do', async () => {
    expect(await isReady(new RegionStoreBusyError('busy'))).toBe(true);
  });

  it('is not lost by a late read, but once the breaker has opened', async () => {
    expect(await isReady(LATE)).toBe(true);
    expect(await isReady(LATE, () => false)).toBe(false);
    // The look itself may be what opens it.
    let asked = 0;
    expect(await isReady(LATE, () => ++asked === 1)).toBe(false);
  });

  it('is lost when the store refuses what is asked', async () => {
    expect(await isReady(REFUSED)).toBe(false);
  });
});
