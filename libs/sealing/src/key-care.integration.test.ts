import type { MysqlPool } from '@meridian/mysql';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { careDuty } from './care/duty.ts';
import { fillRegions, nameRegions, noteTable } from './care/regions.ts';
import { startKeyCare, type KeyCare, type KeyCareOptions } from './key-care.ts';
import { openTestKeys, REGIONS, type TestKeys } from './testing/test-keys.ts';

let keys: TestKeys;
const cares: KeyCare[] = [];
const errors: unknown[] = [];
let foreign = 0;

async function start(options: Partial<KeyCareOptions> = {}): Promise<void> {
  const { pool, schema, ordersSchema } = keys;
  const care = await startKeyCare({
    pool,
    schema,
    ordersSchema,
    regions: REGIONS,
    everyMs: 20,
    walkEveryMs: 20,
    pageSize: 3,
    onForeign: () => foreign++,
    onError: (error) => errors.push(error),
    ...options,
  });
  cares.push(care);
}

const stateOf = async (customerId: string) => (await keys.store.find(customerId)).kind;
const customer = (customerId: string, erased: boolean) =>
  keys.pool.query(`INSERT INTO ${keys.ordersSchema}.customer VALUES (?, ?)`, [customerId, erased]);
/** As if the key had been made, and found without a customer, so many hours ago. */
const ago = (hours: number) =>
  keys.pool.queryAll(
    `UPDATE customer_key SET created_at = UTC_TIMESTAMP(3) - INTERVAL ? HOUR WHERE state = 1;
     UPDATE key_orphan SET found_at = UTC_TIMESTAMP(3) - INTERVAL ? HOUR`,
    [hours, hours],
  );
const orphans = async () =>
  (await keys.pool.query('SELECT customer_id FROM key_orphan ORDER BY 1')).rows.map(
    (row) => row['customer_id'],
  );
const rounds = async () =>
  (await keys.pool.query('SELECT fill_round FROM key_region')).rows.map((row) => row['fill_round']);

beforeAll(async () => {
  keys = await openTestKeys();
});
beforeEach(() => {
  errors.length = 0;
  foreign = 0;
});
afterEach(async () => {
  await Promise.all(cares.splice(0).map((care) => care.stop()));
  await keys.pool.queryAll(
    `DELETE FROM customer_key; DELETE FROM key_to_copy; DELETE FROM key_region; DELETE FROM key_orphan;
     DELETE FROM ${keys.ordersSchema}.customer; UPDATE key_duty SET walked_to = '', orders_schema = ''`,
  );
});
afterAll(() => keys?.close());

describe('whoever looks after the keys', () => {
  it('puts all keys in line for a region that comes anew', async () => {
    await nameRegions(keys.pool, keys.schema, ['eu-west']);
    for (let n = 1; n <= 5; n++) await keys.register(`c-${n}`);
    await keys.store.destroy('c-5');
    expect(await keys.waiting('us-east')).toBe(0);
    await start();
    await expect.poll(() => keys.waiting('us-east')).toBe(5);
    expect(errors).toEqual([]);
  });

  it('finds keys of transactions that did not know the new region yet', async () => {
    await nameRegions(keys.pool, keys.schema, REGIONS);
    while (await fillRegions(keys.pool, keys.schema));
    expect(await rounds()).toEqual([2, 2]);
    // Committed after the first round, by a transaction that began before the region was named.
    await keys.register('late');
    await keys.register('old');
    await keys.pool.queryAll(
      `DELETE FROM key_to_copy; UPDATE key_region SET added_at = added_at - INTERVAL 130 SECOND;
       UPDATE customer_key SET created_at = created_at - INTERVAL 130 SECOND WHERE customer_id = 'late';
       UPDATE customer_key SET created_at = created_at - INTERVAL 1 HOUR WHERE customer_id = 'old'`,
    );
    while (await fillRegions(keys.pool, keys.schema));
    for (const region of REGIONS) expect(await keys.waiting(region)).toBe(1);
    expect(await rounds()).toEqual([0, 0]);
  });

  it('begins a fill anew for another table, also in the middle of a page of the fill before', async () => {
    await nameRegions(keys.pool, keys.schema, ['eu-west']);
    for (let n = 1; n <= 5; n++) await keys.register(`c-${n}`);
    await keys.pool.queryAll("DELETE FROM key_to_copy; UPDATE key_region SET filled_to = 'c-3'");
    const interrupted: MysqlPool = {
      ...keys.pool,
      async queryAll(...asked) {
        const results = await keys.pool.queryAll(...asked);
        await noteTable(keys.pool, keys.schema, 'eu-west', 'another-table');
        return results;
      },
    };
    await fillRegions(interrupted, keys.schema);
    while (await fillRegions(keys.pool, keys.schema));
    expect(await keys.waiting('eu-west')).toBe(5);
    // Filled once: the table is known now.
    await keys.pool.query('DELETE FROM key_to_copy');
    await noteTable(keys.pool, keys.schema, 'eu-west', 'another-table');
    while (await fillRegions(keys.pool, keys.schema));
    expect(await keys.waiting('eu-west')).toBe(0);
  });

  it('forgets a region that nobody names any more', async () => {
    await nameRegions(keys.pool, keys.schema, [...REGIONS, 'ap-south']);
    await keys.register('c');
    await keys.pool.query(
      "UPDATE key_region SET wanted_at = wanted_at - INTERVAL 25 HOUR WHERE region = 'ap-south'",
    );
    await start();
    const left = async () => (await keys.pool.query('SELECT DISTINCT region FROM key_to_copy')).rows.length;
    await expect.poll(left).toBe(2);
  });

  it('puts in line what an older version has changed without copying it', async () => {
    await nameRegions(keys.pool, keys.schema, REGIONS);
    await keys.pool.queryAll(
      `INSERT INTO customer_key (customer_id, wrapped_key, created_at) VALUES ('old', 'x', UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE);
       UPDATE key_region SET fill_round = 0`,
    );
    await start();
    for (const region of REGIONS) await expect.poll(() => keys.waiting(region)).toBe(1);
  });

  it('destroys keys of erased customers, and leaves all others', async () => {
    for (let n = 1; n <= 7; n++) {
      await keys.register(`c-${n}`);
      await customer(`c-${n}`, n % 3 === 0);
    }
    await start();
    await expect.poll(() => stateOf('c-6')).toBe('destroyed');
    expect(await stateOf('c-3')).toBe('destroyed');
    for (const n of [1, 2, 4, 5, 7]) expect(await stateOf(`c-${n}`)).toBe('present');
  });

  it('waits for nobody who holds a customer, and is waited for by nobody', async () => {
    await keys.register('held');
    await keys.register('next');
    await customer('held', false);
    await customer('next', true);
    await keys.pool.withConnection(async (holder) => {
      await holder.queryAll(`START TRANSACTION; SELECT * FROM ${keys.ordersSchema}.customer FOR UPDATE`);
      await start();
      await expect.poll(() => stateOf('next')).toBe('destroyed');
      await holder.query('ROLLBACK');
    });
  });

  it('destroys a key that has had no customer for a day, and no younger one', async () => {
    await keys.register('orphan');
    await keys.register('kept');
    await customer('kept', false);
    await start();
    await expect.poll(orphans).toEqual(['orphan']);
    await ago(23);
    await keys.register('young');
    await expect.poll(orphans).toEqual(['orphan', 'young']);
    expect(await stateOf('orphan')).toBe('present');
    await ago(25);
    await expect.poll(() => stateOf('orphan')).toBe('destroyed');
    expect(await stateOf('kept')).toBe('present');
  });

  it('leaves a key alone whose customer has come since', async () => {
    await keys.register('slow');
    await start();
    await expect.poll(orphans).toEqual(['slow']);
    await customer('slow', false);
    await ago(25);
    await expect.poll(orphans).toEqual([]);
    expect(await stateOf('slow')).toBe('present');
  });

  it('takes no key for an orphan whose customers may be in another schema', async () => {
    await keys.register('theirs');
    await keys.pool.query("UPDATE key_duty SET orders_schema = 'another'");
    await start();
    await expect.poll(() => foreign).toBeGreaterThan(1);
    expect(await orphans()).toEqual([]);
  });

  it('is one replica at a time, and another one when that has died or stopped', async () => {
    const [first, second] = ['first', 'second'].map((owner) => careDuty(keys.pool, keys.schema, owner));
    if (!first || !second) throw new Error('two replicas are needed');
    expect([await first.hold(), await second.hold(), await first.hold()]).toEqual([true, false, true]);
    // As if the first replica had died more than a lease ago.
    await keys.pool.query('UPDATE key_duty SET lease_until = UTC_TIMESTAMP(3)');
    expect([await second.hold(), await first.hold()]).toEqual([true, false]);
    await second.release();
    expect(await first.hold()).toBe(true);
    await first.release();
  });
});
