import type { Row } from '@meridian/cassandra';
import { mergePositions, partitionKey, type PartitionKey, type Positions } from '@meridian/contracts';
import { shardOf, withinInt64, type Amount } from '@meridian/kernel';
import { bigint, blob, int, isThere, type Reader, text, timestamp } from '@meridian/projection';
import { BUCKETS, rowPages } from '@meridian/read-store';
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

/** Most customers have fewer: one read finds them all. */
const FEW_VALUES = 1_000;
const VALUES_AT_ONCE = 5_000;
const VALUE = 'order_id, order_version, amount_minor, currency, orders, position';

/**
 * One customer; undefined when this region does not know it, or not that it was registered. What its orders are worth is added up a
 * part at a time: a customer may have any number of them. Rejects with the signal's reason between two parts.
 */
export async function findCustomer(
  reader: Reader,
  customerId: string,
  signal?: AbortSignal,
): Promise<CustomerRow | undefined> {
  const [[row], values] = await Promise.all([
    reader.select(customers, '*', 'WHERE customer_id = ?', [customerId]),
    sumOfValues(reader, customerId, signal),
  ]);
  if (!isThere(row, 'country', 'registered_at')) return undefined;
  const { includes, ...sums } = values;
  return {
    customerId,
    sealed: { name: blob(row, 'name'), email: blob(row, 'email'), address: blob(row, 'address') },
    country: text(row, 'country'),
    erased: row['erased'] === true,
    registeredAt: timestamp(row, 'registered_at'),
    version: bigint(row, 'version'),
    includes: mergePositions(
      new Map([[partitionKey('customers', shardOf(customerId)), bigint(row, 'position')]]),
      includes,
    ),
    ...sums,
  };
}

/**
 * The position up to which a row holds all events of its customer, whichever of them reached this region: undefined when that cannot be
 * told. An update writes all that may change; an erasure, which is the last event, leaves the country as it was. It says nothing of the
 * customer's orders.
 */
export function customerProvenUpTo({ customerId, erased, includes }: CustomerRow): Positions | undefined {
  const key = partitionKey('customers', shardOf(customerId));
  return erased ? undefined : new Map([[key, includes.get(key) ?? 0n]]);
}

type ValueSums = Pick<CustomerRow, 'ordersPlaced' | 'lifetimeValue' | 'includes'>;

async function sumOfValues(
  reader: Reader,
  customerId: string,
  signal: AbortSignal | undefined,
): Promise<ValueSums> {
  const few = await reader.select(
    customerOrderValues,
    VALUE,
    `WHERE customer_id = ? AND bucket IN (${BUCKETS.join(', ')}) LIMIT ?`,
    [customerId, FEW_VALUES + 1],
  );
  const sums = createSums();
  if (few.length <= FEW_VALUES) sums.add(few);
  else
    for (const bucket of BUCKETS)
      for await (const rows of valuesIn(reader, customerId, bucket, signal)) sums.add(rows);
  return sums.all();
}

/** All values of one bucket, a part at a time. */
function valuesIn(
  reader: Reader,
  customerId: string,
  bucket: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Row[], void> {
  const read = (last: Row | undefined, size: number) =>
    last
      ? reader.select(
          customerOrderValues,
          VALUE,
          'WHERE customer_id = ? AND bucket = ? AND (order_id, order_version) > (?, ?) LIMIT ?',
          [customerId, bucket, text(last, 'order_id'), bigint(last, 'order_version'), size],
        )
      : reader.select(customerOrderValues, VALUE, 'WHERE customer_id = ? AND bucket = ? LIMIT ?', [
          customerId,
          bucket,
          size,
        ]);
  return rowPages(VALUES_AT_ONCE, read, signal);
}

/** Adds values up: an amount a currency, of which ISO 4217 has about 180, and a position a Kafka partition. */
function createSums() {
  const byCurrency = new Map<string, bigint>();
  const positions = new Map<PartitionKey, bigint>();
  let ordersPlaced = 0;
  return {
    add(values: readonly Row[]): void {
      for (const row of values) {
        const currency = text(row, 'currency');
        byCurrency.set(currency, withinInt64((byCurrency.get(currency) ?? 0n) + bigint(row, 'amount_minor')));
        ordersPlaced += int(row, 'orders');
        const [key, position] = [
          partitionKey('orders', shardOf(text(row, 'order_id'))),
          bigint(row, 'position'),
        ];
        if (position > (positions.get(key) ?? 0n)) positions.set(key, position);
      }
    },
    all(): ValueSums {
      const lifetimeValue = [...byCurrency].map(([currencyCode, amountMinor]) => ({
        currencyCode,
        amountMinor,
      }));
      lifetimeValue.sort((a, b) => (a.currencyCode < b.currencyCode ? -1 : 1));
      return { ordersPlaced, lifetimeValue, includes: positions };
    },
  };
}
