import type { Row } from '@meridian/cassandra';
import { mergePositions, partitionKey, type Positions } from '@meridian/contracts';
import { shardOf, withinInt64, type Amount } from '@meridian/kernel';
import { bigint, blob, int, isThere, type Reader, text, timestamp } from '@meridian/projection';
import { BUCKETS } from '@meridian/read-store';
import { customerOrderValues, customers } from './tables.ts';

/** A customer, with personal data still sealed. */
export interface CustomerRow {
  readonly customerId: string;
  readonly sealed: { readonly name: Buffer; readonly email: Buffer; readonly address: Buffer };
  readonly country: string;
  readonly erased: boolean;
  readonly registeredAt: Date;
  /** Orders placed and not cancelled. */
  readonly ordersPlaced: number;
  /** Their worth less returns, one amount a currency, by code. */
  readonly lifetimeValue: readonly Amount[];
  readonly version: bigint;
  /** The events that it includes, by partition: the last of them. */
  readonly includes: Positions;
}

/** One customer; undefined when this region does not know it, or not that it was registered. */
export async function findCustomer(reader: Reader, customerId: string): Promise<CustomerRow | undefined> {
  const [[row], values] = await Promise.all([
    reader.select(customers, '*', 'WHERE customer_id = ?', [customerId]),
    reader.select(
      customerOrderValues,
      'order_id, amount_minor, currency, orders, position',
      `WHERE customer_id = ? AND bucket IN (${BUCKETS.join(', ')})`,
      [customerId],
    ),
  ]);
  if (!isThere(row, 'country', 'registered_at')) return undefined;
  return {
    customerId,
    sealed: { name: blob(row, 'name'), email: blob(row, 'email'), address: blob(row, 'address') },
    country: text(row, 'country'),
    erased: row['erased'] === true,
    registeredAt: timestamp(row, 'registered_at'),
    version: bigint(row, 'version'),
    includes: mergePositions(
      new Map([[partitionKey('customers', shardOf(customerId)), bigint(row, 'position')]]),
      ...values.map(includedBy),
    ),
    ...sum(values),
  };
}

function includedBy(orderValue: Row): Positions {
  return new Map([
    [partitionKey('orders', shardOf(text(orderValue, 'order_id'))), bigint(orderValue, 'position')],
  ]);
}

function sum(values: readonly Row[]): Pick<CustomerRow, 'ordersPlaced' | 'lifetimeValue'> {
  const byCurrency = new Map<string, bigint>();
  let ordersPlaced = 0;
  for (const row of values) {
    const currency = text(row, 'currency');
    byCurrency.set(currency, withinInt64((byCurrency.get(currency) ?? 0n) + bigint(row, 'amount_minor')));
    ordersPlaced += int(row, 'orders');
  }
  const lifetimeValue = [...byCurrency].map(([currencyCode, amountMinor]) => ({ currencyCode, amountMinor }));
  return {
    ordersPlaced,
    lifetimeValue: lifetimeValue.sort((a, b) => (a.currencyCode < b.currencyCode ? -1 : 1)),
  };
}
