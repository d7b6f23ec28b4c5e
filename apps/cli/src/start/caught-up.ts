import { failureOf, type MeridianClient } from '@meridian/client';
import { READ_MODEL_NAMES, type ReadModelName } from '@meridian/read-models';

const DEADLINE_MS = 60_000;
// Whatever is asked for does not matter, only that there is an answer.
const ID = 'nobody';

/** A client with the questions of every read model. */
export type CatchingUp = Pick<MeridianClient, ReadModelName>;

type Options = { readonly deadline: number };

/** One question per read model. That it knows no such id is an answer, too. */
const QUESTIONS: Readonly<Record<ReadModelName, (client: CatchingUp, options: Options) => Promise<unknown>>> =
  {
    catalog: ({ catalog }, options) => catalog.listProducts({ pageSize: 1 }, options),
    inventory: ({ inventory }, options) => inventory.listLowStock({ pageSize: 1 }, options),
    customers: ({ customers }, options) => customers.getCustomer({ customerId: ID }, options),
    orders: ({ orders }, options) => orders.listCustomerOrders({ customerId: ID, pageSize: 1 }, options),
    sales: ({ sales }, options) => sales.getDailySales({ fromDay: '1970-01-01', pageSize: 1 }, options),
  };

/**
 * Resolves when every read model of the client's region includes all that the client has seen. One question per read
 * model is needed: a question waits only for the events that feed its own read model. Rejects with REGION_BEHIND when
 * that takes more than a minute.
 */
export async function caughtUp(client: CatchingUp): Promise<void> {
  const options = { deadline: DEADLINE_MS };
  await Promise.all(READ_MODEL_NAMES.map((name) => QUESTIONS[name](client, options).catch(unlessUnknown)));
}

function unlessUnknown(error: unknown): void {
  if (failureOf(error)?.status !== 'NOT_FOUND') throw error;
}
