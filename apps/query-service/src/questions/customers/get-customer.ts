import { CustomerStatus, type GetCustomerRequest, type GetCustomerResponse } from '@meridian/contracts';
import { customerProvenUpTo, findCustomer, type CustomerRow } from '@meridian/read-model-customers';
import { notFound, unavailable } from '@meridian/rpc';
import { opensPersonalData, unsealPersonalData, type PersonalData } from '@meridian/sealing';
import { answer, type Asking, type Question } from '../../answering.ts';
import { KeyNotCopiedError, type EarlyLook } from '../../customer-keys.ts';
import type { ReadModel } from '../../read-model.ts';

const NOTHING: PersonalData = { name: '', email: '', address: '' };

/** One customer, with personal data opened by the key that this region has a copy of. */
export function getCustomer(customers: ReadModel): Question<GetCustomerRequest, GetCustomerResponse> {
  return async ({ customerId, read }, context) => {
    const { value, freshness } = await answer(
      customers,
      read,
      context,
      async (asking) => {
        // The key is in another table. It is read beside the rows, and not after them.
        const early = asking.keys.look(customerId);
        const row = await findCustomer(asking.reader, customerId, asking.signal);
        return row && { row, key: row.erased ? undefined : await keyOf(row, early, asking) };
      },
      {
        aggregateId: customerId,
        ownContexts: ['customers'],
        includes: (found) => [found?.row.includes],
        provenUpTo: (found) => found && customerProvenUpTo(found.row),
      },
    );
    if (!value)
      throw notFound('CUSTOMER_NOT_FOUND', `region ${customers.region} knows no customer ${customerId}`);
    const { row, key } = value;
    const { country, registeredAt, version } = row;
    const personalData = key ? unsealPersonalData(key, customerId, row.sealed) : NOTHING;
    const customer = {
      customerId,
      ...personalData,
      country,
      registeredAt,
      version,
      status: key ? CustomerStatus.ACTIVE : CustomerStatus.ERASED,
      ordersPlaced: BigInt(row.ordersPlaced),
      lifetimeValue: [...row.lifetimeValue],
    };
    return { customer, freshness };
  };
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
