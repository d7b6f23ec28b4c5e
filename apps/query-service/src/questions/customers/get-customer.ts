import { setTimeout as pause } from 'node:timers/promises';
import { CustomerStatus, type GetCustomerRequest, type GetCustomerResponse } from '@meridian/contracts';
import { findCustomer, type CustomerRow } from '@meridian/read-model-customers';
import { notFound, unavailable, type CallContext } from '@meridian/rpc';
import { unsealPersonalData, type KeyState, type PersonalData } from '@meridian/sealing';
import { answer, type Asking } from '../../answering.ts';
import type { ReadModel } from '../../read-model.ts';

const KEY_POLL_MS = 20;
const NOTHING: PersonalData = { name: '', email: '', address: '' };

/** One customer, with personal data opened by the key that this region has a copy of. */
export async function getCustomer(
  customers: ReadModel,
  { customerId, read }: GetCustomerRequest,
  context: CallContext,
): Promise<GetCustomerResponse> {
  const { value, freshness } = await answer(
    customers,
    read,
    context,
    async (asking) => {
      const row = await findCustomer(asking.reader, customerId);
      return row && { row, key: row.erased ? undefined : await keyOf(row, asking) };
    },
    { aggregateId: customerId, ownContexts: ['customers'], includes: (found) => [found?.row.includes] },
  );
  if (!value)
    throw notFound('CUSTOMER_NOT_FOUND', `region ${customers.region} knows no customer ${customerId}`);
  const { row, key } = value;
  const { country, registeredAt, version } = row;
  const personalData = key ? unsealPersonalData(key, customerId, row.sealed) : NOTHING;
  const customer = {
    ...{ customerId, ...personalData, country, registeredAt, version },
    status: key ? CustomerStatus.ACTIVE : CustomerStatus.ERASED,
    ordersPlaced: BigInt(row.ordersPlaced),
    lifetimeValue: [...row.lifetimeValue],
  };
  return { customer, freshness };
}

/**
 * The customer's key; undefined once destroyed. A key that was not copied here yet is waited for, as long as another look would
 * end before the deadline, by how long the last one took: what is wrong is told while somebody still listens.
 */
async function keyOf(row: CustomerRow, { keys, deadline, signal }: Asking): Promise<Buffer | undefined> {
  for (;;) {
    const startedMs = Date.now();
    const state: KeyState = await keys.find(row.customerId);
    if (state.kind !== 'missing') return state.kind === 'present' ? state.key : undefined;
    const lookMs = Date.now() - startedMs;
    if (Date.now() + KEY_POLL_MS + 2 * lookMs >= deadline.getTime()) {
      const message = `the key of customer ${row.customerId} has not reached this region yet; ask again`;
      throw unavailable('KEY_NOT_COPIED', message, { retryDelayMs: 500 });
    }
    await pause(KEY_POLL_MS, undefined, { signal });
  }
}
