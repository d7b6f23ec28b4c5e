import { randomUUID } from 'node:crypto';
import { ErasurePendingReason, ErasureState } from '@meridian/contracts';
import { bytesOf } from '@meridian/mysql';
import { callFailure } from '@meridian/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestSystem, type TestReplica, type TestSystem } from './testing/test-system.ts';

const person = { name: 'Ada Lovelace', email: 'ada@example.org', country: 'France' };
const id = () => ({ requestId: randomUUID() });
let system: TestSystem;
let replica: TestReplica;
let made = 0;

beforeAll(async () => {
  system = await openTestSystem();
  // There is no such region as the last one: it is away for ever.
  replica = await system.start({ MERIDIAN_REGIONS: 'eu-west,us-east,ap-south' });
});
afterAll(() => system?.close());

async function register(): Promise<string> {
  const customerId = `c-${++made}`;
  await replica.customers.registerCustomer({ ...id(), ...person, customerId });
  return customerId;
}

async function keysOf(where = 'TRUE'): Promise<readonly string[]> {
  const sql = `SELECT customer_id FROM ${system.keysSchema}.customer_key WHERE ${where} ORDER BY customer_id`;
  return (await system.pool.query(sql)).rows.map((row) => String(row['customer_id']));
}

const failureOf = async (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => callFailure(error),
  );

describe('a customer’s key', () => {
  it('is made once for a command, however often it is repeated or refused', async () => {
    const before = await keysOf();
    const request = { ...id(), ...person };
    const { receipt } = await replica.customers.registerCustomer(request);
    for (let n = 1; n <= 5; n++) {
      const again = await replica.customers.registerCustomer(request);
      expect(again.receipt).toMatchObject({ aggregateId: receipt?.aggregateId, replayed: true });
    }
    const taken = { ...person, customerId: receipt?.aggregateId ?? '' };
    expect(await failureOf(replica.customers.registerCustomer({ ...id(), ...taken }))).toMatchObject({
      reason: 'CUSTOMER_EXISTS',
    });
    const reused = replica.customers.registerCustomer({ ...request, customerId: 'reused' });
    expect(await failureOf(reused)).toMatchObject({ reason: 'REQUEST_ID_REUSED' });
    expect((await keysOf()).filter((key) => !before.includes(key))).toEqual([receipt?.aggregateId]);
  });

  it('reaches the regions that answer, and so does its destruction, while another one is away', async () => {
    const customerId = await register();
    await expect.poll(() => system.copyOf(customerId)).toBe('present');
    await replica.customers.eraseCustomer({ ...id(), customerId });
    await expect.poll(() => system.copyOf(customerId)).toBe('destroyed');
    const metrics = async () => (await fetch(`http://127.0.0.1:${replica.httpPort}/metrics`)).text();
    await expect.poll(metrics).toMatch(/meridian_keys_to_copy\{[^}]*region="eu-west"[^}]*\} 0/);
    expect(await metrics()).toMatch(/meridian_keys_to_copy\{[^}]*region="ap-south"[^}]*\} [1-9]/);
  });

  it('is told of after an erasure: where it is destroyed, and where not yet and why', async () => {
    const customerId = await register();
    expect(await failureOf(replica.erasures.getErasure({ customerId }))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'ERASURE_NOT_FOUND',
    });
    await replica.customers.eraseCustomer({ ...id(), customerId });
    const regionsOf = async () => {
      const { erasure } = await replica.erasures.getErasure({ customerId });
      return erasure?.regions.map(({ region, state, pendingReason }) => ({ region, state, pendingReason }));
    };
    const done = { state: ErasureState.DONE, pendingReason: ErasurePendingReason.UNSPECIFIED };
    await expect.poll(regionsOf).toEqual([
      { region: 'eu-west', ...done },
      { region: 'us-east', ...done },
      {
        region: 'ap-south',
        state: ErasureState.PENDING,
        pendingReason: ErasurePendingReason.REGION_UNAVAILABLE,
      },
    ]);
    expect(await system.copyOf(customerId)).toBe('destroyed');
    const pending = await replica.erasures.listErasures({ pageSize: 1, state: ErasureState.PENDING });
    expect(pending.erasures).toMatchObject([{ customerId, state: ErasureState.PENDING }]);
    expect(await replica.erasures.listErasures({ state: ErasureState.DONE })).toMatchObject({ erasures: [] });
  });

  it('is destroyed by the commit that erases the customer, or the customer is not erased', async () => {
    const customerId = await register();
    const request = { ...id(), customerId };
    const table = `${system.keysSchema}.customer_key`;
    await system.pool.query(`RENAME TABLE ${table} TO ${table}_gone`);
    const failure = await failureOf(replica.customers.eraseCustomer(request));
    await system.pool.query(`RENAME TABLE ${table}_gone TO ${table}`);
    expect(failure).toMatchObject({ status: 'INTERNAL' });
    const { rows } = await system.pool.query('SELECT erased FROM customer WHERE customer_id = ?', [
      customerId,
    ]);
    expect(rows).toEqual([{ erased: 0 }]);
    const { receipt } = await replica.customers.eraseCustomer(request);
    expect(receipt).toMatchObject({ version: 2n, replayed: false });
    expect(await keysOf(`state = 2 AND wrapped_key IS NULL AND customer_id = '${customerId}'`)).toEqual([
      customerId,
    ]);
  });

  it('is destroyed in the regions when the store has lost it', async () => {
    const customerId = await register();
    await expect.poll(() => system.copyOf(customerId)).toBe('present');
    await system.pool.query(`DELETE FROM ${system.keysSchema}.customer_key WHERE customer_id = ?`, [
      customerId,
    ]);
    await replica.customers.eraseCustomer({ ...id(), customerId });
    await expect.poll(() => system.copyOf(customerId)).toBe('destroyed');
  });

  it('that is lost, or another one, is told to who wants to update the customer', async () => {
    const [lost, other] = [await register(), await register()];
    const table = `${system.keysSchema}.customer_key`;
    const update = (customerId: string) =>
      failureOf(replica.customers.updateCustomer({ ...id(), ...person, customerId }));
    await system.pool.query(`DELETE FROM ${table} WHERE customer_id = ?`, [lost]);
    expect(await update(lost)).toMatchObject({ status: 'FAILED_PRECONDITION', reason: 'CUSTOMER_KEY_LOST' });
    // What a restored key store would hold: a key of the same customer, but an earlier one.
    const { rows } = await system.pool.query('SELECT * FROM customer WHERE customer_id = ?', [other]);
    await system.pool.query('DELETE FROM customer WHERE customer_id = ?', [other]);
    await system.pool.query('DELETE FROM journal WHERE aggregate_type = ? AND aggregate_id = ?', [
      'customer',
      other,
    ]);
    await replica.customers.registerCustomer({ ...id(), ...person, customerId: other });
    await system.pool.query('UPDATE customer SET sealed_name = ? WHERE customer_id = ?', [
      bytesOf(rows[0] ?? {}, 'sealed_name'),
      other,
    ]);
    expect(await update(other)).toMatchObject({ reason: 'CUSTOMER_KEY_LOST' });
    expect(await update('nobody')).toMatchObject({ reason: 'CUSTOMER_NOT_FOUND' });
  });

  it('of an erased customer may not be made again', async () => {
    const customerId = await register();
    await replica.customers.eraseCustomer({ ...id(), customerId });
    const again = replica.customers.registerCustomer({ ...id(), ...person, customerId });
    expect(await failureOf(again)).toMatchObject({ reason: 'CUSTOMER_EXISTS' });
    expect(await keysOf(`state = 2 AND customer_id = '${customerId}'`)).toEqual([customerId]);
  });
});
