import type { Row } from '@meridian/cassandra';
import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { Reader } from '@meridian/projection';
import { whicheverReached, type GivenRows } from '@meridian/projection/testing';
import { expect, it } from 'vitest';
import { customerProvenUpTo, findCustomer } from './find-customer.ts';
import { customersProjection } from './projection.ts';
import { customers } from './tables.ts';
import { erased, registered, updated } from './testing/events.ts';

const events = [registered('c', 7n), updated('c', 2n, 8n), updated('c', 3n, 9n), erased('c', 4n, 10n)];
const key = partitionKey('customers', shardOf('c'));

function shown(given: GivenRows) {
  const reader: Reader = {
    generation: 1,
    select: () => Promise.resolve(given.rows(customers) as readonly Row[]),
  };
  return findCustomer(reader, 'c');
}

it('proves a customer only up to where no event of it is missing, whichever reached a region', async () => {
  let proven = 0;
  for (const { some, allUpTo } of whicheverReached(customersProjection, events)) {
    const customer = await shown(some);
    const upTo = customer && customerProvenUpTo(customer)?.get(key);
    if (upTo === undefined) continue;
    expect(customer).toEqual(await shown(allUpTo(upTo)));
    proven += 1;
  }
  // Every choice of updates after the first event.
  expect(proven).toBe(4);
});
