import type { Row } from '@meridian/cassandra';
import { bigint, int, text, timestamp, type Mutation, type Reader } from '@meridian/projection';
import type { GivenRows } from '@meridian/projection/testing';
import { customerMonths, ordersByCustomer, orderSteps } from '../tables.ts';

type Cells = Mutation['key'];

/** A reader of the orders' tables in memory, and how many rows of customers' lists it has given. */
export function givenReader(given: GivenRows): { readonly reader: Reader; readonly listed: () => number } {
  let listed = 0;
  const select: Reader['select'] = (table, _columns, rest, params) => {
    const [first, second] = params;
    const limit = rest.includes('LIMIT') ? Number(params.at(-1)) : undefined;
    if (table.name === customerMonths.name)
      return found(given.rows(customerMonths), (row) => row['customer_id'] === first, byMonth);
    if (table.name === orderSteps.name)
      return found(given.rows(orderSteps), isAbove(first, second), byVersion, limit);
    const isOfMonth = (row: Row) => row['customer_id'] === first && row['month'] === second;
    return found(given.rows(ordersByCustomer), isOfMonth, byPlace, limit).then((rows) => {
      listed += rows.length;
      return rows;
    });
  };
  return { reader: { generation: 1, select }, listed: () => listed };
}

const isAbove = (orderId: unknown, version: unknown) => (row: Row) =>
  row['order_id'] === orderId && (typeof version !== 'bigint' || bigint(row, 'order_version') > version);

const byMonth = (a: Row, b: Row) => int(b, 'month') - int(a, 'month');
const byVersion = (a: Row, b: Row) => Number(bigint(a, 'order_version') - bigint(b, 'order_version'));
const byPlace = (a: Row, b: Row) =>
  Number(timestamp(b, 'placed_at')) - Number(timestamp(a, 'placed_at')) ||
  (text(a, 'order_id') < text(b, 'order_id') ? 1 : -1);

function found(
  rows: readonly Cells[],
  isAsked: (row: Row) => boolean,
  order: (a: Row, b: Row) => number,
  limit = rows.length,
): Promise<readonly Row[]> {
  const asStored = (row: Cells): Row =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? null]));
  return Promise.resolve(rows.map(asStored).filter(isAsked).toSorted(order).slice(0, limit));
}
