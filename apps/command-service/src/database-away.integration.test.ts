import { randomUUID } from 'node:crypto';
import { callFailure } from '@meridian/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openDatabaseGate, type DatabaseGate } from './testing/database-gate.ts';
import { fromEnvironment, openTestSystem, type TestReplica, type TestSystem } from './testing/test-system.ts';

const price = { currencyCode: 'GBP', amountMinor: 250n };
const id = () => ({ requestId: randomUUID() });
const ada = { customerId: 'ada', name: 'Ada', country: 'France' };

let system: TestSystem;
let gate: DatabaseGate;
let replica: TestReplica;

beforeAll(async () => {
  system = await openTestSystem();
  gate = await openDatabaseGate(fromEnvironment('MERIDIAN_MYSQL_URL'));
  replica = await system.start({ MERIDIAN_MYSQL_URL: gate.url });
});
afterAll(async () => {
  await system?.close();
  await gate?.close();
});

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const answer = await call.catch((error: unknown) => error);
  return callFailure(answer) ?? answer;
}

describe('a database that is away', () => {
  it('is told as UNAVAILABLE by every command and by the journal, whatever looks for it first', async () => {
    const lines = [{ productId: 'lamp', quantity: 1n }];
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      createProduct: () => replica.catalog.createProduct({ ...id(), productId: 'lamp', name: 'Lamp', price }),
      registerCustomer: () => replica.customers.registerCustomer({ ...id(), ...ada }),
      updateCustomer: () => replica.customers.updateCustomer({ ...id(), ...ada, name: 'Ada L.' }),
      eraseCustomer: () => replica.customers.eraseCustomer({ ...id(), customerId: 'ada' }),
      placeOrder: () => replica.orders.placeOrder({ ...id(), orderId: 'o-1', customerId: 'ada', lines }),
      shipOrder: () => replica.orders.shipOrder({ ...id(), orderId: 'o-1' }),
      cancelOrder: () => replica.orders.cancelOrder({ ...id(), orderId: 'o-1', reason: 'late' }),
      getHead: () => replica.journal.getHead({}),
    };
    gate.shut();
    for (const [name, call] of Object.entries(calls))
      expect([name, await failureOf(call())]).toMatchObject([
        name,
        { status: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE' },
      ]);
    expect(replica.said('a call failed unexpectedly')).toBe(false);
    gate.open();
    // Where none of them was accepted, all may be sent again. One that gets no answer in time may have been accepted: it keeps its id.
    const again = { ...id(), ...ada };
    await expect
      .poll(() => failureOf(replica.customers.registerCustomer(again)))
      .toMatchObject({ receipt: { aggregateId: 'ada', version: 1n } });
  });
});

/** A statement that gets no answer is given up within a second or two; a slow machine may take longer for all else. */
const PATIENT = { deadline: 15_000 };

describe('a database that hangs', () => {
  it('is told as UNAVAILABLE before the caller’s deadline, and by readiness, until it answers again', async () => {
    const frozen = await system.start({ MERIDIAN_MYSQL_URL: gate.url });
    const isReady = async () => (await fetch(`http://127.0.0.1:${frozen.httpPort}/readyz`)).status;
    await expect.poll(isReady).toBe(200);
    const product = { productId: 'desk', name: 'Desk', price };
    const calls = {
      createProduct: () => frozen.catalog.createProduct({ ...id(), ...product }, PATIENT),
      updateCustomer: () => frozen.customers.updateCustomer({ ...id(), ...ada, name: 'Ada L.' }, PATIENT),
      shipOrder: () => frozen.orders.shipOrder({ ...id(), orderId: 'o-1' }, PATIENT),
    };
    gate.freeze();
    // More than there are connections: those who wait for one are told as well.
    const many = Array.from({ length: 10 }, () => Object.values(calls).map((call) => failureOf(call())));
    for (const failure of await Promise.all(many.flat()))
      expect(failure).toMatchObject({ status: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE' });
    await expect.poll(isReady).toBe(503);
    expect(await failureOf(calls.createProduct())).toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    gate.open();
    await expect.poll(isReady).toBe(200);
    const another = () => frozen.catalog.createProduct({ ...id(), ...product, productId: 'chair' }, PATIENT);
    expect(await failureOf(another())).toMatchObject({ receipt: { aggregateId: 'chair', version: 1n } });
  });
});

describe('callers that fill their connections', () => {
  it('are refused as overload, and neither other commands nor readiness nor leases fail for it', async () => {
    const busy = await system.start({ MERIDIAN_MYSQL_CONNECTIONS: '2', MERIDIAN_QUEUE_COMMANDS: '20' });
    const isReady = async () => (await fetch(`http://127.0.0.1:${busy.httpPort}/readyz`)).status;
    await system.pool.withConnection(async (connection) => {
      // Look-ups of keys wait for this lock; a product needs none of them.
      await connection.query(`LOCK TABLES ${system.keysDatabase}.customer_key WRITE`);
      const flood = Array.from({ length: 20 }, (_, n) =>
        failureOf(busy.customers.updateCustomer({ ...id(), ...ada, customerId: `ada-${n}` }, PATIENT)),
      );
      // These wait for a connection only.
      for (let n = 0; n < 20; n += 1)
        flood.push(failureOf(busy.orders.shipOrder({ ...id(), orderId: `none-${n}` }, PATIENT)));
      expect(
        await failureOf(
          busy.catalog.createProduct({ ...id(), productId: 'free', name: 'Free', price }, PATIENT),
        ),
      ).toMatchObject({ receipt: { aggregateId: 'free', version: 1n } });
      expect(await isReady()).toBe(200);
      const statuses = new Set(
        (await Promise.all(flood)).map((failure) => {
          const { status, reason } = z.object({ status: z.string(), reason: z.string() }).parse(failure);
          return `${status} ${reason}`;
        }),
      );
      expect(statuses).toContain('RESOURCE_EXHAUSTED QUEUE_FULL');
      expect(
        [...statuses].filter((status) => !/^(RESOURCE_EXHAUSTED|UNAVAILABLE|NOT_FOUND) ./.test(status)),
      ).toEqual([]);
      await connection.query('UNLOCK TABLES');
    });
    expect(busy.said('leases were not renewed')).toBe(false);
  });
});
