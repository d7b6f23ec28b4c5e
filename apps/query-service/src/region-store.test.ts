import { describe, expect, it } from 'vitest';
import { byDeadline, RegionStoreError } from './region-store.ts';

const soon = () => new Date(Date.now() + 20);

describe('byDeadline', () => {
  it('gives what is done in time, failures included', async () => {
    expect(await byDeadline(Promise.resolve('done'), soon())).toBe('done');
    await expect(byDeadline(Promise.reject(new Error('its own')), soon())).rejects.toThrow('its own');
  });

  it('says that the store did not answer when the deadline passes first', async () => {
    const { promise: never } = Promise.withResolvers<string>();
    await expect(byDeadline(never, soon())).rejects.toThrow(RegionStoreError);
    await expect(byDeadline(never, new Date(0))).rejects.toThrow(RegionStoreError);
  });
});
