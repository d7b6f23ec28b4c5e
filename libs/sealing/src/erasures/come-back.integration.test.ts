import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameRegions } from '../care/regions.ts';
import { openTestKeys, REGIONS, type TestKeys } from '../testing/test-keys.ts';
import { keysThatCameBack } from './come-back.ts';

describe('keys that a restored database brings back', () => {
  let keys: TestKeys;

  beforeAll(async () => {
    keys = await openTestKeys();
    await nameRegions(keys.pool, keys.schema, REGIONS);
  });
  afterAll(() => keys?.close());

  async function cameBack(pageSize: number): Promise<readonly string[]> {
    const { pool, schema } = keys;
    const { session, keyspace } = keys.copiesIn('eu-west');
    const found: string[] = [];
    for await (const customerId of keysThatCameBack({ pool, schema, session, keyspace, pageSize }))
      found.push(customerId);
    return found.sort();
  }
  const inMysql = (change: string, customerId: string) =>
    keys.pool.query(`UPDATE customer_key SET ${change} WHERE customer_id = ?`, [customerId]);
  const destroyedInRegion = (customerId: string, changedAt: Date) =>
    keys.copies['eu-west'].write({ customerId, wrappedKey: undefined, changedAt });

  it('are told apart from those that stay, are destroyed, or were made after the destruction', async () => {
    const [before, now, after] = [-60_000, 0, 60_000].map((ms) => new Date(Date.now() + ms));
    for (const customerId of ['stays', 'destroyed', 'back', 'back-too', 'again'])
      await keys.register(customerId);
    await keys.copies['eu-west'].write({
      customerId: 'stays',
      wrappedKey: keys.masterKey.newWrappedKey('stays'),
      changedAt: now ?? new Date(),
    });
    await keys.store.destroy('destroyed');
    for (const customerId of ['destroyed', 'back', 'back-too', 'never-known'])
      await destroyedInRegion(customerId, after ?? new Date());
    await destroyedInRegion('again', before ?? new Date());
    expect(await cameBack(1_000)).toEqual(['back', 'back-too']);
    // Whatever the pages.
    expect(await cameBack(1)).toEqual(['back', 'back-too']);
    await inMysql('created_at = created_at + INTERVAL 1 DAY', 'back-too');
    expect(await cameBack(2)).toEqual(['back']);
  });
});
