import type { Product } from '@meridian/domain-catalog';
import type { Customer } from '@meridian/domain-customers';
import type { Stock } from '@meridian/domain-inventory';
import { bigintOf, booleanOf, bytesOf, dateOf, textOf, type Row, type Value } from '@meridian/mysql';
import { insertRows, updateRows } from '../../sql/statements.ts';
import { keyBetween, type Change, type StateTable } from './table.ts';

/** A kind of aggregate whose state is one row. */
interface OneRow<State> {
  readonly table: string;
  readonly key: string;
  /** All other columns. Each of them may change; `version` is the last one. */
  readonly columns: readonly string[];
  /** The values of these columns but the version. */
  readonly valuesOf: (state: State) => readonly Value[];
  readonly stateOf: (id: string, row: Row) => State;
}

/** The table of a kind of aggregate whose state is one row, with the id as its key. */
export function oneRowTable<State>({
  table,
  key,
  columns,
  valuesOf,
  stateOf,
}: OneRow<State>): StateTable<State> {
  const selected = [key, ...columns].join(', ');
  const toRow = ({ id, after: { state, version } }: Change<State>) => [id, ...valuesOf(state), version];
  return {
    lock: (ids) => [
      {
        sql: `SELECT ${selected} FROM ${table} FORCE INDEX (PRIMARY)
              WHERE ${key} IN (?) ORDER BY ${key} FOR UPDATE`,
        values: [ids],
      },
    ],
    between(from, before) {
      const { where, values } = keyBetween(key, from, before);
      return [{ sql: `SELECT ${selected} FROM ${table} WHERE ${where} ORDER BY ${key}`, values }];
    },
    read: ([found]) =>
      new Map(
        found?.rows.map((row) => {
          const id = textOf(row, key);
          return [id, { state: stateOf(id, row), version: bigintOf(row, 'version') }];
        }),
      ),
    save: ({ created, changed }) => [
      ...(created.length > 0 ? [insertRows(table, [key, ...columns], created.map(toRow))] : []),
      ...(changed.length > 0 ? [updateRows(table, [key], columns, changed.map(toRow))] : []),
    ],
  };
}

/** Table customer. Personal data arrives here sealed and stays so. */
export const customerTable: StateTable<Customer> = oneRowTable({
  table: 'customer',
  key: 'customer_id',
  columns: ['sealed_name', 'sealed_email', 'sealed_address', 'country', 'erased', 'registered_at', 'version'],
  valuesOf: ({ personalData: { name, email, address }, country, erased, registeredAt }) => [
    name,
    email,
    address,
    country,
    erased,
    registeredAt,
  ],
  stateOf: (customerId, row) => ({
    customerId,
    personalData: {
      name: bytesOf(row, 'sealed_name'),
      email: bytesOf(row, 'sealed_email'),
      address: bytesOf(row, 'sealed_address'),
    },
    country: textOf(row, 'country'),
    erased: booleanOf(row, 'erased'),
    registeredAt: dateOf(row, 'registered_at'),
  }),
});

/** Table product. */
export const productTable: StateTable<Product> = oneRowTable({
  table: 'product',
  key: 'product_id',
  columns: ['name', 'price_currency', 'price_minor', 'discontinued', 'version'],
  valuesOf: ({ name, price, discontinued }) => [name, price.currencyCode, price.amountMinor, discontinued],
  stateOf: (productId, row) => ({
    productId,
    name: textOf(row, 'name'),
    price: { currencyCode: textOf(row, 'price_currency'), amountMinor: bigintOf(row, 'price_minor') },
    discontinued: booleanOf(row, 'discontinued'),
  }),
});

/** Table stock. */
export const stockTable: StateTable<Stock> = oneRowTable({
  table: 'stock',
  key: 'product_id',
  columns: ['on_hand', 'reserved', 'version'],
  valuesOf: ({ onHand, reserved }) => [onHand, reserved],
  stateOf: (productId, row) => ({
    productId,
    onHand: bigintOf(row, 'on_hand'),
    reserved: bigintOf(row, 'reserved'),
  }),
});
