import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCopyLine } from './copying/copy-line.ts';
import { nameRegions } from './care/regions.ts';
import type { KeyCopier } from './key-copier.ts';
import { openTestKeys, REGIONS, type TestKeys } from './testing/test-keys.ts';

let keys: TestKeys;
const copiers: KeyCopier[] = [];
const start = (...options: Parameters<TestKeys['startCopier']>) => {
  const copier = keys.startCopier(...options);
  copiers.push(copier);
  return copier;
};

beforeAll(async () => {
  keys = await openTestKeys();
  await nameRegions(keys.pool, keys.schema, REGIONS);
});
beforeEach(() => {
  keys.away.clear();
  keys.refused.clear();
  keys.written.length = 0;
});
afterEach(async () => {
  await Promise.all(copiers.splice(0).map((copier) => copier.stop()));
  await keys.pool.query('DELETE FROM key_to_copy');
});
afterAll(() => keys?.close());

const writesOf = (customerId: string) =>
  keys.written.filter((one) => one.customerId === customerId).map(({ region }) => region);

describe('copies of the customers’ keys', () => {
  it('reach every region, and so do destructions', async () => {
    start();
    const key = await keys.register('ada');
    for (const region of REGIONS)
      await expect.poll(() => keys.copies[region].find('ada')).toEqual({ kind: 'present', key });
    await keys.store.destroy('ada');
    for (const region of REGIONS)
      await expect.poll(() => keys.copies[region].find('ada')).toEqual({ kind: 'destroyed' });
    for (const region of REGIONS) await expect.poll(() => keys.waiting(region)).toBe(0);
  });

  it.each(REGIONS)('reach the other regions while %s is away, which catches up by itself', async (region) => {
    const [other] = REGIONS.filter((one) => one !== region);
    if (!other) throw new Error('there is one region only');
    keys.away.add(region);
    const erased = `erased-${region}`;
    await keys.register(erased);
    start();
    const made = await keys.register(`made-${region}`);
    await expect
      .poll(() => keys.copies[other].find(`made-${region}`))
      .toEqual({ kind: 'present', key: made });
    await keys.store.destroy(erased);
    await expect.poll(() => keys.copies[other].find(erased)).toEqual({ kind: 'destroyed' });
    await expect.poll(() => keys.waiting(other)).toBe(0);
    expect(await keys.waiting(region)).toBe(2);
    keys.away.clear();
    await expect.poll(() => keys.waiting(region)).toBe(0);
    expect(await keys.copies[region].find(`made-${region}`)).toEqual({ kind: 'present', key: made });
    expect(await keys.copies[region].find(erased)).toEqual({ kind: 'destroyed' });
  });

  it('do not wait for a key that a region does not take', async () => {
    keys.refused.add('bad');
    await keys.register('bad');
    for (let n = 1; n <= 5; n++) await keys.register(`good-${n}`);
    start({ batchSize: 2 });
    await expect.poll(() => keys.waiting('eu-west')).toBe(1);
    expect(writesOf('bad')).toEqual([]);
    keys.refused.clear();
    await expect.poll(() => keys.waiting('eu-west')).toBe(0);
  });

  it('are many at once on their way to one region', async () => {
    let [now, most] = [0, 0];
    const seen = Promise.withResolvers<void>();
    const connect = async () => ({
      copies: {
        async write() {
          now++;
          most = Math.max(most, now);
          if (now === 64) seen.resolve();
          await seen.promise;
          now--;
        },
        tableId: () => keys.copies['eu-west'].tableId(),
      },
      close: () => Promise.resolve(),
    });
    for (let n = 1; n <= 100; n++) await keys.register(`many-${n}`);
    start({ regions: ['eu-west'], connect });
    await expect.poll(() => keys.waiting('eu-west')).toBe(0);
    expect(most).toBe(64);
  });

  it('are made once, however many replicas copy', async () => {
    for (let n = 1; n <= 200; n++) await keys.register(`shared-${n}`);
    for (let n = 1; n <= 4; n++) start({ batchSize: 20 });
    for (const region of REGIONS) await expect.poll(() => keys.waiting(region)).toBe(0);
    expect(keys.written).toHaveLength(400);
  });

  it('go on when a replica has died with keys in hand', async () => {
    await keys.register('orphaned');
    const line = createCopyLine(keys.pool, keys.schema);
    const claimed = await line.claim('eu-west', 10);
    expect(claimed.map(({ customerId }) => customerId)).toEqual(['orphaned']);
    expect(await line.claim('eu-west', 10)).toEqual([]);
    // As if the ten seconds of the claim were over.
    await keys.pool.query('UPDATE key_to_copy SET due_at = UTC_TIMESTAMP(3)');
    start();
    await expect.poll(() => keys.waiting('eu-west')).toBe(0);
  });

  it('leave the line also when another replica has them locked for a moment', async () => {
    const line = createCopyLine(keys.pool, keys.schema);
    await keys.register('looked-at');
    const claimed = await line.claim('eu-west', 10);
    await keys.pool.withConnection(async (connection) => {
      await connection.queryAll('START TRANSACTION; SELECT 1 FROM key_to_copy FOR UPDATE', []);
      const settled = line.settle('eu-west', claimed, []);
      await connection.query('DO SLEEP(0.1)');
      await connection.query('ROLLBACK');
      await settled;
    });
    expect(await keys.waiting('eu-west')).toBe(0);
  });

  it('let a new key go before a backlog, and the oldest with it', async () => {
    for (let n = 1; n <= 20; n++) await keys.register(`old-${n}`);
    await keys.pool.query('UPDATE key_to_copy SET due_at = due_at - INTERVAL 1 HOUR');
    await keys.register('new');
    const line = createCopyLine(keys.pool, keys.schema);
    const claimed = (await line.claim('us-east', 2)).map(({ customerId }) => customerId);
    expect(claimed).toHaveLength(2);
    expect(claimed).toContain('new');
  });

  it('carry a destruction that comes while the key is on its way', async () => {
    const line = createCopyLine(keys.pool, keys.schema);
    await keys.register('raced');
    const claimed = await line.claim('eu-west', 10);
    await keys.store.destroy('raced');
    for (const { copy } of claimed) if (copy) await keys.copies['eu-west'].write(copy);
    await line.settle('eu-west', claimed, []);
    expect(await keys.waiting('eu-west')).toBe(1);
    start();
    await expect.poll(() => keys.waiting('eu-west')).toBe(0);
    expect(await keys.copies['eu-west'].find('raced')).toEqual({ kind: 'destroyed' });
  });
});
