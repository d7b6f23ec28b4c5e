import { failureOf, type MeridianClient } from '@meridian/client';

const DEADLINE_MS = 60_000;

/** The questions that wait: one a read model. */
export interface CatchingUp {
  readonly catalog: Pick<MeridianClient['catalog'], 'listProducts'>;
  readonly inventory: Pick<MeridianClient['inventory'], 'listLowStock'>;
  readonly customers: Pick<MeridianClient['customers'], 'getCustomer'>;
  readonly orders: Pick<MeridianClient['orders'], 'listCustomerOrders'>;
  readonly sales: Pick<MeridianClient['sales'], 'getDailySales'>;
}

/**
 * Resolves when the client's region shows all that the client has seen, in every read model: a question waits only for the events
 * that feed its own. Rejects with REGION_BEHIND when that takes more than a minute.
 */
export async function caughtUp(client: CatchingUp): Promise<void> {
  const options = { deadline: DEADLINE_MS };
  // Who is asked for does not matter, only that there is an answer.
  const customerId = 'nobody';
  const nobody = client.customers.getCustomer({ customerId }, options).catch((error: unknown) => {
    if (failureOf(error)?.reason !== 'CUSTOMER_NOT_FOUND') throw error;
  });
  await Promise.all([
    client.catalog.listProducts({ pageSize: 1 }, options),
    client.inventory.listLowStock({ pageSize: 1 }, options),
    nobody,
    client.orders.listCustomerOrders({ customerId, pageSize: 1 }, options),
    client.sales.getDailySales({ fromDay: '1970-01-01' }, options),
  ]);
}
