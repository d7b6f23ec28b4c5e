import { failureOf, type MeridianClient } from '@meridian/client';
import { READ_MODEL_NAMES, type ReadModelName } from '@meridian/read-models';

const DEADLINE_MS = 60_000;
// Who is asked for does not matter, only that there is an answer.
const CUSTOMER_ID = 'nobody';

/** What can wait: one question per read model. */
export interface CatchingUp {
  readonly catalog: Pick<MeridianClient['catalog'], 'listProducts'>;
  readonly inventory: Pick<MeridianClient['inventory'], 'listLowStock'>;
  readonly customers: Pick<MeridianClient['customers'], 'getCustomer'>;
  readonly orders: Pick<MeridianClient['orders'], 'listCustomerOrders'>;
  readonly sales: Pick<MeridianClient['sales'], 'getDailySales'>;
}

type Options = { readonly deadline: number };

const QUESTIONS: Readonly<Record<ReadModelName, (client: CatchingUp, options: Options) => Promise<unknown>>> =
  {
    catalog: ({ catalog }, options) => catalog.listProducts({ pageSize: 1 }, options),
    inventory: ({ inventory }, options) => inventory.listLowStock({ pageSize: 1 }, options),
    customers: ({ customers }, options) =>
      customers.getCustomer({ customerId: CUSTOMER_ID }, options).catch((error: unknown) => {
        if (failureOf(error)?.reason !== 'CUSTOMER_NOT_FOUND') throw error;
      }),
    orders: ({ orders }, options) =>
      orders.listCustomerOrders({ customerId: CUSTOMER_ID, pageSize: 1 }, options),
    sales: ({ sales }, options) => sales.getDailySales({ fromDay: '1970-01-01', pageSize: 1 }, options),
  };

/**
 * Resolves when the client's region shows all that the client has seen, in every read model: a question waits only for the events
 * that feed its own. Rejects with REGION_BEHIND when that takes more than a minute.
 */
export async function caughtUp(client: CatchingUp): Promise<void> {
  const options = { deadline: DEADLINE_MS };
  await Promise.all(READ_MODEL_NAMES.map((name) => QUESTIONS[name](client, options)));
}
