import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nameRegions } from '../care/regions.ts';
import type { KeyCopier } from '../key-copier.ts';
import { openTestKeys, REGIONS, type TestKeys } from '../testing/test-keys.ts';
import type { Erasure, ErasureCursor } from './erasure.ts';
import { createErasures, type Erasures } from './erasures.ts';

let keys: TestKeys;
let erasures: Erasures;
const copiers: KeyCopier[] = [];
const start = () => {
  const copier = keys.startCopier();
  copiers.push(copier);
  return copier;
};

beforeAll(async () => {
  keys = await openTestKeys();
  const { pool, schema, ordersSchema } = keys;
  erasures = createErasures({ pool, schema, ordersSchema, regions: REGIONS });
});
beforeEach(async () => {
  keys.away.clear();
  keys.refused.clear();
  await keys.pool.queryAll(
    `DELETE FROM customer_key; DELETE FROM key_to_copy; DELETE FROM key_erased; DELETE FROM key_region;
     DELETE FROM ${keys.ordersSchema}.customer`,
  );
  await nameRegions(keys.pool, keys.schema, REGIONS);
  await keys.pool.query('UPDATE key_region SET fill_round = 0');
});
afterEach(async () => {
  await Promise.all(copiers.splice(0).map((copier) => copier.stop()));
});
afterAll(() => keys?.close());

/** What the commit of EraseCustomer leaves. */
async function erase(customerId: string): Promise<void> {
  await keys.pool.query(`INSERT INTO ${keys.ordersSchema}.customer VALUES (?, TRUE)`, [customerId]);
  await keys.store.destroy(customerId);
}

/** What the regions say, each in one word or two: `done`, or why it is pending. */
const said = (erasure: Erasure | undefined) =>
  erasure?.regions.map((one) => `${one.region} ${one.state === 'done' ? 'done' : one.reason}`);
const saidOf = async (customerId: string) => said(await erasures.find(customerId));
const timesOf = async (customerId: string) =>
  (await erasures.find(customerId))?.regions.map((one) => (one.state === 'done' ? one.doneAt : undefined));

describe('an erasure', () => {
  it('is pending in a region that is away, and done in the others, until the region is back', async () => {
    await keys.register('ada');
    start();
    for (const region of REGIONS) await expect.poll(() => keys.waiting(region)).toBe(0);
    keys.away.add('us-east');
    await erase('ada');
    await expect.poll(() => saidOf('ada')).toEqual(['eu-west done', 'us-east region-unavailable']);
    expect((await keys.copies['us-east'].find('ada')).kind).toBe('present');
    keys.away.clear();
    await expect.poll(() => saidOf('ada')).toEqual(['eu-west done', 'us-east done']);
    for (const region of REGIONS)
      expect(await keys.copies[region].find('ada')).toEqual({ kind: 'destroyed' });
    const { erasedAt } = (await erasures.find('ada')) ?? {};
    const [home, other] = await timesOf('ada').then((times) => times?.map(Number) ?? []);
    expect(home).toBeGreaterThanOrEqual(Number(erasedAt));
    expect(other).toBeGreaterThanOrEqual(home ?? Infinity);
  });

  it('is taken up again by another replica after the one that had it died', async () => {
    keys.away.add('us-east');
    await erase('ada');
    const first = start();
    await expect.poll(() => saidOf('ada')).toEqual(['eu-west done', 'us-east region-unavailable']);
    const [doneAt] = (await timesOf('ada')) ?? [];
    expect(doneAt).toBeInstanceOf(Date);
    await first.stop();
    keys.away.clear();
    start();
    await expect.poll(() => saidOf('ada')).toEqual(['eu-west done', 'us-east done']);
    expect((await timesOf('ada'))?.[0]).toEqual(doneAt);
  });

  it('waits in line as long as nobody copies, and says when a region refuses it alone', async () => {
    keys.refused.add('ada');
    await erase('ada');
    expect(await saidOf('ada')).toEqual(['eu-west queued', 'us-east queued']);
    for (let n = 1; n <= 5; n++) await keys.register(`good-${n}`);
    start();
    const refused = REGIONS.map((region) => `${region} not-acknowledged`);
    await expect
      .poll(async () => {
        // Another key that is taken: the region is there.
        await keys.register('good-6');
        return saidOf('ada');
      })
      .toEqual(refused);
  });

  it('is pending in a region that is new, before its turn in the filling', async () => {
    await erase('ada');
    start();
    await expect.poll(() => saidOf('ada')).toEqual(['eu-west done', 'us-east done']);
    await nameRegions(keys.pool, keys.schema, ['ap-south']);
    expect(await saidOf('ada')).toEqual(['eu-west done', 'us-east done', 'ap-south region-filling']);
  });

  it('counts anew for a region that was forgotten and came back', async () => {
    await erase('ada');
    start();
    await expect.poll(() => saidOf('ada')).toEqual(['eu-west done', 'us-east done']);
    await keys.pool.query("DELETE FROM key_region WHERE region = 'us-east'");
    expect(await saidOf('ada')).toEqual(['eu-west done']);
    await nameRegions(keys.pool, keys.schema, REGIONS);
    expect(await saidOf('ada')).toEqual(['eu-west done', 'us-east region-filling']);
  });

  it('of an earlier version is done without a time', async () => {
    await erase('ada');
    await keys.pool.query('DELETE FROM key_to_copy');
    expect(await saidOf('ada')).toEqual(['eu-west done', 'us-east done']);
    expect(await timesOf('ada')).toEqual([undefined, undefined]);
  });

  it('is none of a customer who is there, of nobody, or of a key that never had a customer', async () => {
    await keys.register('there');
    await keys.pool.query(`INSERT INTO ${keys.ordersSchema}.customer VALUES ('there', FALSE)`);
    await keys.store.destroy('orphan');
    for (const customerId of ['there', 'orphan', 'nobody'])
      expect(await erasures.find(customerId)).toBeUndefined();
    expect(await erasures.list({ limit: 10 })).toEqual({ erasures: [], next: undefined });
  });
});

describe('the list of erasures', () => {
  const idsOf = (list: readonly Erasure[]) => list.map(({ customerId }) => customerId);

  async function pages(limit: number, state?: 'pending' | 'done'): Promise<readonly string[]> {
    const all: string[] = [];
    let after: ErasureCursor | undefined;
    do {
      const page = await erasures.list({ limit, after, state });
      expect(page.erasures.length).toBeLessThanOrEqual(limit);
      all.push(...idsOf(page.erasures));
      after = page.next;
    } while (after);
    return all;
  }

  it('has each erasure once, the newest first, whatever the size of a page', async () => {
    const ids = Array.from({ length: 7 }, (_, n) => `c-${n}`);
    for (const customerId of ids) await erase(customerId);
    await keys.store.destroy('orphan');
    // Some at the same time: the id decides then.
    await keys.pool.query("UPDATE customer_key SET destroyed_at = '2026-01-01' WHERE customer_id < 'c-4'");
    const newest = ['c-6', 'c-5', 'c-4', 'c-3', 'c-2', 'c-1', 'c-0'];
    for (const limit of [1, 2, 3, 7, 8, 200]) expect(await pages(limit)).toEqual(newest);
  });

  it('may be of those that are pending, or done everywhere', async () => {
    for (let n = 0; n < 4; n++) await erase(`c-${n}`);
    await keys.pool.query("DELETE FROM key_to_copy WHERE customer_id IN ('c-1', 'c-2')");
    await keys.pool.query("DELETE FROM key_to_copy WHERE customer_id = 'c-0' AND region = 'eu-west'");
    for (const limit of [1, 2, 50]) {
      expect(await pages(limit, 'pending')).toEqual(['c-3', 'c-0']);
      expect(await pages(limit, 'done')).toEqual(['c-2', 'c-1']);
    }
  });
});
