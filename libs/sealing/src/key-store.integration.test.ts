import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameRegions } from './care/regions.ts';
import { openTestKeys, REGIONS, type TestKeys } from './testing/test-keys.ts';

describe('the keys of personal data', () => {
  let keys: TestKeys;

  beforeAll(async () => {
    keys = await openTestKeys();
    await nameRegions(keys.pool, keys.schema, REGIONS);
  });
  afterAll(() => keys?.close());

  it('are in the store once their statements are run, and not before', async () => {
    keys.store.newKey('ada');
    expect(await keys.store.find('ada')).toEqual({ kind: 'missing' });
    const key = await keys.register('ada');
    expect(key).toHaveLength(32);
    expect(await keys.store.find('ada')).toEqual({ kind: 'present', key });
  });

  it('are destroyed for good, and a repeat changes nothing', async () => {
    await keys.register('bob');
    await keys.store.destroy('bob');
    const destroyed = await keys.pool.query("SELECT * FROM customer_key WHERE customer_id = 'bob'");
    await keys.store.destroy('bob');
    expect(await keys.pool.query("SELECT * FROM customer_key WHERE customer_id = 'bob'")).toEqual(destroyed);
    expect(await keys.store.find('bob')).toEqual({ kind: 'destroyed' });
  });

  it('are destroyed in every region when the store has lost them', async () => {
    const copier = keys.startCopier();
    const key = await keys.register('eve');
    for (const region of REGIONS)
      await expect.poll(() => keys.copies[region].find('eve')).toEqual({ kind: 'present', key });
    for (const region of REGIONS) await expect.poll(() => keys.waiting(region)).toBe(0);
    await keys.pool.query("DELETE FROM customer_key WHERE customer_id = 'eve'");
    await keys.store.destroy('eve');
    expect(await keys.store.find('eve')).toEqual({ kind: 'destroyed' });
    for (const region of REGIONS)
      await expect.poll(() => keys.copies[region].find('eve')).toEqual({ kind: 'destroyed' });
    await copier.stop();
  });

  it('stay destroyed when a late copy arrives after the destruction', async () => {
    const copies = keys.copies['eu-west'];
    const wrappedKey = keys.masterKey.newWrappedKey('mallory');
    const [made, destroyed] = [new Date('2026-01-01T00:00:00.000Z'), new Date('2026-01-01T00:00:00.001Z')];
    await copies.write({ customerId: 'mallory', wrappedKey: undefined, changedAt: destroyed });
    await copies.write({ customerId: 'mallory', wrappedKey, changedAt: made });
    expect(await copies.find('mallory')).toEqual({ kind: 'destroyed' });
  });

  it('give way to the next key that a restored database makes, in whatever order they come', async () => {
    const copies = keys.copies['eu-west'];
    const [lost, next] = [keys.masterKey.newWrappedKey('carol'), keys.masterKey.newWrappedKey('carol')];
    const first = { customerId: 'carol', wrappedKey: lost, changedAt: new Date('2026-01-01T00:00:00Z') };
    const gone = { customerId: 'carol', wrappedKey: undefined, changedAt: new Date('2026-01-02T00:00:00Z') };
    const again = { customerId: 'carol', wrappedKey: next, changedAt: new Date('2026-01-03T00:00:00Z') };
    for (const order of [
      [again, gone, first],
      [first, again, gone],
    ]) {
      for (const copy of order) await copies.write(copy);
      expect(await copies.find('carol')).toEqual({
        kind: 'present',
        key: keys.masterKey.unwrap('carol', next),
      });
    }
  });

  it('are made anew for a customer who registers again after a restore, and every region sees it', async () => {
    const copier = keys.startCopier();
    await keys.register('dave');
    await keys.store.destroy('dave');
    for (const region of REGIONS)
      await expect.poll(() => keys.copies[region].find('dave')).toEqual({ kind: 'destroyed' });
    for (const region of REGIONS) await expect.poll(() => keys.waiting(region)).toBe(0);
    // The restored database knows nothing of this customer.
    await keys.pool.query("DELETE FROM customer_key WHERE customer_id = 'dave'");
    const key = await keys.register('dave');
    for (const region of REGIONS)
      await expect.poll(() => keys.copies[region].find('dave')).toEqual({ kind: 'present', key });
    await copier.stop();
  });
});
