import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { MeridianClient } from '@meridian/client';
import type { CommandReceipt } from '@meridian/contracts';

/** An order that was acknowledged. */
export interface Acknowledged {
  readonly orderId: string;
  /** The highest position of its events. */
  readonly position: bigint;
}

/** Orders that keep coming in. */
export interface Trading {
  /** In the order of their acknowledgement. */
  readonly acknowledged: readonly Acknowledged[];
  /** Places no more and waits for those under way; rejects with what an order failed with. */
  stop(): Promise<void>;
}

const AT_ONCE = 8;
/** Leaves the machine to what is tested: with eight at once at most eighty orders a second. */
const BETWEEN_ORDERS_MS = 100;

/** The highest position that a receipt names. */
export function highestPosition(receipt: CommandReceipt | undefined): bigint {
  const positions = receipt?.token?.entries.map(({ position }) => position) ?? [];
  return positions.reduce((most, position) => (position > most ? position : most), 0n);
}

/** Makes what trading needs: a product with plenty of stock, and customers. */
export async function openShop(client: MeridianClient, customerIds: readonly string[]): Promise<void> {
  const price = { currencyCode: 'GBP', amountMinor: 250n };
  await client.catalog.createProduct({ requestId: randomUUID(), productId: 'lamp', name: 'Lamp', price });
  await client.inventory.receiveStock({
    requestId: randomUUID(),
    receiptId: 'r-1',
    productId: 'lamp',
    quantity: 900_000n,
  });
  for (const customerId of customerIds) await register(client, customerId, `Name of ${customerId}`);
}

/** Registers a customer. */
export async function register(client: MeridianClient, customerId: string, name: string): Promise<void> {
  await client.customers.registerCustomer({ requestId: randomUUID(), customerId, name, country: 'France' });
}

/** Places orders of a customer, several at once, until stopped. */
export function startTrading(client: MeridianClient, customerId: string): Trading {
  const acknowledged: Acknowledged[] = [];
  let stopping = false;
  async function placeMany(): Promise<void> {
    while (!stopping) {
      const orderId = randomUUID();
      const lines = [{ productId: 'lamp', quantity: 1n }];
      const { receipt } = await client.orders.placeOrder({
        requestId: randomUUID(),
        orderId,
        customerId,
        lines,
      });
      acknowledged.push({ orderId, position: highestPosition(receipt) });
      await pause(BETWEEN_ORDERS_MS);
    }
  }
  const work = Promise.all(Array.from({ length: AT_ONCE }, placeMany));
  // Whoever stops hears of a failure; nobody else waits for it.
  work.catch(() => (stopping = true));
  return {
    acknowledged,
    async stop() {
      stopping = true;
      await work;
    },
  };
}
