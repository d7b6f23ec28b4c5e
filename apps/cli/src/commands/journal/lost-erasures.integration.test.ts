import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import { migrationsFolder } from '@meridian/write-store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventLine } from '../../output.ts';
import { lostErasures } from './lost-erasures.ts';
import { paidOrder } from './testing/paid-order.ts';

const suffix = randomBytes(6).toString('hex');
const database = `cli_test_${suffix}`;
const file = path.join(tmpdir(), `lost-${suffix}.jsonl`);

/** An event of a customer, by its place: registered at version 1, erased at version 2. */
type Lost = readonly [position: bigint, type: 'CustomerRegistered' | 'CustomerErased', customerId: string];

describe('the erasures in a file of lost events', () => {
  let pool: MysqlPool;

  beforeAll(async () => {
    const url = process.env['MERIDIAN_MYSQL_URL'];
    if (!url) throw new Error('MERIDIAN_MYSQL_URL must name a running engine');
    await migrate({ url, database, folder: migrationsFolder });
    pool = createPool({ url, database });
  });
  beforeEach(() => pool.query('DELETE FROM journal'));
  afterAll(async () => {
    await rm(file, { force: true });
    await pool?.query(`DROP DATABASE IF EXISTS ${database}`);
    await pool?.close();
  });

  async function inJournal(position: bigint, customerId: string): Promise<void> {
    await pool.query(
      `INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type,
         payload, recorded_at, actor, traceparent)
       VALUES (?, UUID_TO_BIN(UUID()), 0, 'customer', ?, 1, 'CustomerRegistered', '', UTC_TIMESTAMP(3), '', '')`,
      [position, customerId],
    );
  }
  async function sorted(...events: readonly Lost[]) {
    const lines = events.map(([position, type, aggregateId]) =>
      eventLine({
        ...paidOrder(position),
        context: 'customers',
        aggregateType: 'customer',
        type,
        aggregateId,
      }),
    );
    await writeFile(file, lines.map((line) => `${line}\n`).join(''));
    const { total, toRepeat, ofEarlierCustomers } = await lostErasures(pool, file);
    return { total, toRepeat: toRepeat.map(({ customerId }) => customerId), ofEarlierCustomers };
  }

  it('are repeated of customers whom the copy has, and not of those whom nobody knows', async () => {
    await inJournal(3n, 'kept');
    await inJournal(4n, 'living');
    const found = await sorted([11n, 'CustomerErased', 'kept'], [12n, 'CustomerErased', 'unknown']);
    expect(found).toEqual({ total: 2, toRepeat: ['kept'], ofEarlierCustomers: 0 });
  });

  it('spare a customer who was lost and has registered anew since, whatever the file still tells', async () => {
    // Above the fence, so above all that was lost.
    await inJournal(50n, 'anew');
    const all: readonly Lost[] = [
      [11n, 'CustomerRegistered', 'anew'],
      [12n, 'CustomerErased', 'anew'],
    ];
    expect(await sorted(...all)).toEqual({ total: 1, toRepeat: [], ofEarlierCustomers: 1 });
    // Kafka had forgotten the registration when the file was written.
    expect(await sorted(...all.slice(1))).toEqual({ total: 1, toRepeat: [], ofEarlierCustomers: 1 });
  });

  it('are repeated of a customer who registered anew and was erased again, in a file of two restores', async () => {
    await inJournal(50n, 'twice');
    const first: readonly Lost[] = [
      [11n, 'CustomerRegistered', 'twice'],
      [12n, 'CustomerErased', 'twice'],
    ];
    const found = await sorted(...first, [60n, 'CustomerErased', 'twice']);
    expect(found).toEqual({ total: 2, toRepeat: ['twice'], ofEarlierCustomers: 1 });
  });

  it('are repeated where the copy has the very registration that an earlier restore had lost', async () => {
    await inJournal(11n, 'back');
    const found = await sorted([11n, 'CustomerRegistered', 'back'], [12n, 'CustomerErased', 'back']);
    expect(found).toEqual({ total: 1, toRepeat: ['back'], ofEarlierCustomers: 0 });
  });

  it('spare a customer of an older copy, when the erasure was of a later one of the same id', async () => {
    await inJournal(11n, 'older');
    const found = await sorted([50n, 'CustomerRegistered', 'older'], [60n, 'CustomerErased', 'older']);
    expect(found).toEqual({ total: 1, toRepeat: [], ofEarlierCustomers: 1 });
  });
});
