import { randomUUID } from 'node:crypto';
import { callFailure } from '@meridian/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    // Where none of them was accepted, all may be sent again.
    await expect
      .poll(() => failureOf(calls['registerCustomer']?.() ?? Promise.resolve()))
      .toMatchObject({ receipt: { aggregateId: 'ada', version: 1n } });
  });
});
