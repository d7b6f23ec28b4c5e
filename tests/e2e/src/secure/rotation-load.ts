import { randomUUID } from 'node:crypto';
import { createMeridianClient, type MeridianClient } from '@meridian/client';
import type { RunningStack } from '@meridian/local-stack';
import { expect } from 'vitest';
import { callersOf } from './callers.ts';
import type { Journey } from './journey.ts';

const PRICE = { currencyCode: 'GBP', amountMinor: 250n };
const ROLES = ['importer', 'operator'];

/** Callers that ask without a pause: one after the other places orders, reads each in its region, and watches one. */
export interface SteadyLoad {
  /** What failed; every call is made once. */
  readonly failures: string[];
  /** Resolves when each kind of call was answered another five times. Rejects with what has failed so far. */
  goesOn(): Promise<void>;
  /** Changes the watched order, and resolves when each region's watch has shown it. */
  watchesSee(): Promise<void>;
  end(): Promise<void>;
}

/** Begins a load on a closed stack, with connections of its own that it keeps. */
export async function beginLoad(stack: RunningStack, journey: Journey): Promise<SteadyLoad> {
  const clients = await clientsOf(stack, journey);
  const [first] = clients;
  if (!first) throw new Error('a stack has regions');
  const place = await productAndCustomer(first);
  const watchedId = await place(first);
  const answered = { commands: 0, questions: 0 };
  const failures: string[] = [];
  const ending = new AbortController();
  const versions = clients.map(() => 0n);
  const kept = (work: Promise<void>) =>
    work.catch((error: unknown) => {
      if (!ending.signal.aborted) failures.push(String(error));
    });

  async function calls(client: MeridianClient): Promise<void> {
    while (!ending.signal.aborted) {
      const orderId = await place(client);
      answered.commands += 1;
      const { order } = await client.orders.getOrder({ orderId });
      if (order?.summary?.orderId !== orderId) throw new Error(`order ${orderId} was not shown`);
      answered.questions += 1;
    }
  }
  async function watch(client: MeridianClient, index: number): Promise<void> {
    const { signal } = ending;
    for await (const { order } of client.orders.watchOrder({ orderId: watchedId }, { signal }))
      versions[index] = order?.summary?.version ?? 0n;
    if (!signal.aborted) throw new Error('a watch has ended');
  }
  for (const client of clients) client.see(first.token());
  const running = clients.flatMap((client, index) => [kept(calls(client)), kept(watch(client, index))]);

  return {
    failures,
    async goesOn() {
      const wanted = { commands: answered.commands + 5, questions: answered.questions + 5 };
      const isThere = () =>
        failures.length > 0 ||
        (answered.commands >= wanted.commands && answered.questions >= wanted.questions);
      await expect.poll(isThere).toBe(true);
      expect(failures).toEqual([]);
    },
    async watchesSee() {
      const { receipt } = await first.orders.payOrder({
        requestId: randomUUID(),
        orderId: watchedId,
        amount: PRICE,
        paymentReference: 'rotation',
      });
      const wanted = receipt?.version ?? 0n;
      await expect.poll(() => versions.every((version) => version >= wanted)).toBe(true);
    },
    async end() {
      ending.abort();
      await Promise.all(running);
      for (const client of clients) client.close();
    },
  };
}

/** A client of each region. A call that is lost is seen, and not made again; a watch that breaks off is not resumed. */
async function clientsOf(stack: RunningStack, journey: Journey): Promise<readonly MeridianClient[]> {
  const { tokenOf, authorityFile } = callersOf(() => stack, journey);
  const token = await tokenOf(ROLES, { validS: 7_200 });
  return stack.regions.map((region) =>
    createMeridianClient({
      commandAddresses: [stack.addresses.command],
      queryAddresses: [stack.addresses.query[region] ?? ''],
      accessToken: () => token,
      tls: { authorityFile: authorityFile() },
      deadlineMs: 30_000,
      maxAttempts: 1,
      maxWatchFailures: 0,
    }),
  );
}

/** Makes a product with stock, and a customer; gives what places an order of theirs. */
async function productAndCustomer(client: MeridianClient) {
  const [productId, customerId] = [`rotated-${randomUUID()}`, `rotator-${randomUUID()}`];
  const requestId = () => randomUUID();
  await client.catalog.createProduct({ requestId: requestId(), productId, name: 'Vase', price: PRICE });
  await client.inventory.receiveStock({
    requestId: requestId(),
    receiptId: randomUUID(),
    productId,
    quantity: 1_000_000n,
  });
  const person = { name: 'A. Rotator', email: 'rotator@example.org', address: '1 Round', country: 'France' };
  await client.customers.registerCustomer({ requestId: requestId(), customerId, ...person });
  return async (caller: MeridianClient): Promise<string> => {
    const orderId = randomUUID();
    const lines = [{ productId, quantity: 1n }];
    await caller.orders.placeOrder({ requestId: requestId(), orderId, customerId, lines });
    return orderId;
  };
}
