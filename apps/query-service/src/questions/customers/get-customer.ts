import { CustomerStatus, type GetCustomerRequest, type GetCustomerResponse } from '@meridian/contracts';
import { customerProvenUpTo, findCustomer, type CustomerRow } from '@meridian/read-model-customers';
import { createRememberedMonths, sumOfOrders } from '@meridian/read-model-orders';
import { notFound, unavailable } from '@meridian/rpc';
import { opensPersonalData, unsealPersonalData, type PersonalData } from '@meridian/sealing/unsealing';
import { answerBoth } from '../../answer-both.ts';
import { answer, type Asking, type Question } from '../../answering.ts';
import { KeyNotCopiedError, type EarlyLook } from '../../customer-keys.ts';
import type { ReadModelsByName } from '../../read-models-by-name.ts';

const NOTHING: PersonalData = { name: '', email: '', address: '' };

/**
 * One customer, with personal data opened by the key that this region has a copy of. What the customer's orders are worth comes from
 * the orders' read model. Months that were costly to add up are remembered, for all callers.
 */
export function getCustomer({
  customers,
  orders,
}: Pick<ReadModelsByName, 'customers' | 'orders'>): Question<GetCustomerRequest, GetCustomerResponse> {
  const remembered = createRememberedMonths();
  return async ({ customerId, read }, context) => {
    const { value, freshness } = await answerBoth(
      context,
      async (part) => {
        const { value: found, freshness: ofRow } = await answer(
          customers,
          read,
          part,
          (asking) => findWithKey(customerId, asking),
          {
            aggregateId: customerId,
            ownContexts: customers.contexts,
            includes: (maybe) => [maybe?.row.includes],
            provenUpTo: (maybe) => maybe && customerProvenUpTo(maybe.row),
          },
        );
        if (!found)
          throw notFound('CUSTOMER_NOT_FOUND', `region ${ofRow.region} knows no customer ${customerId}`);
        return { value: found, freshness: ofRow };
      },
      (part) =>
        answer(
          orders,
          read,
          part,
          ({ reader, signal, completeness }) =>
            sumOfOrders(reader, customerId, { signal, completeness, remembered }),
          { includes: ({ includes }) => [includes] },
        ),
    );
    const [found, worth] = value;
    const { row, key } = found;
    const { country, registeredAt, version } = row;
    const personalData = key ? unsealPersonalData(key, customerId, row.sealed) : NOTHING;
    const customer = {
      customerId,
      ...personalData,
      country,
      registeredAt,
      version,
      status: key ? CustomerStatus.ACTIVE : CustomerStatus.ERASED,
      ordersPlaced: BigInt(worth.ordersPlaced),
      lifetimeValue: [...worth.lifetimeValue],
    };
    return { customer, freshness };
  };
}

async function findWithKey(customerId: string, asking: Asking) {
  // The key is in another table. It is read beside the row, and not after it.
  const early = asking.keys.look(customerId);
  const row = await findCustomer(asking.reader, customerId);
  return row && { row, key: row.erased ? undefined : await keyOf(row, early, asking) };
}

/** The customer's key as soon as this region has it; undefined once destroyed. Fails with KEY_NOT_COPIED when it does not come in time. */
async function keyOf(
  row: CustomerRow,
  early: EarlyLook,
  { keys, deadline, signal, startWaiting }: Asking,
): Promise<Buffer | undefined> {
  const { customerId, sealed } = row;
  try {
    return await keys.keyOf({
      customerId,
      deadline,
      signal,
      early,
      onWait: startWaiting,
      fits: (key) => opensPersonalData(key, customerId, sealed),
    });
  } catch (error) {
    if (!(error instanceof KeyNotCopiedError)) throw error;
    const message = `the key of customer ${customerId} has not reached this region yet; ask again`;
    throw unavailable('KEY_NOT_COPIED', message, { retryDelayMs: 500 });
  }
}
