import { partitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigint, blob, isThere, type Reader, text, timestamp } from '@meridian/projection';
import { customers } from './tables.ts';

/** A customer, with personal data still sealed. */
export interface CustomerRow {
  readonly customerId: string;
  readonly sealed: { readonly name: Buffer; readonly email: Buffer; readonly address: Buffer };
  readonly country: string;
  readonly erased: boolean;
  readonly registeredAt: Date;
  readonly version: bigint;
  /** The events that it includes, by partition: the last of them. */
  readonly includes: Positions;
}

/**
 * One customer; undefined when this region does not know it, or not that it was registered. Answers from generations of version 2, too:
 * their table of customers is the same.
 */
export async function findCustomer(reader: Reader, customerId: string): Promise<CustomerRow | undefined> {
  const [row] = await reader.select(customers, '*', 'WHERE customer_id = ?', [customerId]);
  if (!isThere(row, 'country', 'registered_at')) return undefined;
  return {
    customerId,
    sealed: { name: blob(row, 'name'), email: blob(row, 'email'), address: blob(row, 'address') },
    country: text(row, 'country'),
    erased: row['erased'] === true,
    registeredAt: timestamp(row, 'registered_at'),
    version: bigint(row, 'version'),
    includes: new Map([[partitionKey('customers', shardOf(customerId)), bigint(row, 'position')]]),
  };
}

/**
 * The position up to which a row holds all events of its customer, whichever of them reached this region: undefined when that cannot be
 * told. An update writes all that may change; an erasure, which is the last event, leaves the country as it was.
 */
export function customerProvenUpTo({ erased, includes }: CustomerRow): Positions | undefined {
  return erased ? undefined : includes;
}
