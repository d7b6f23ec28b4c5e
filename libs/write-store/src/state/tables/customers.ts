import type { Customer } from '@meridian/domain-customers';
import { bigintOf, booleanOf, bytesOf, dateOf, textOf } from '@meridian/mysql';
import { insertRows, updateRows } from '../../sql/script.ts';
import { keyBetween, splitByKind, type Change, type StateTable } from './table.ts';

const KEY = ['customer_id'];
const CHANGING = [
  'sealed_name',
  'sealed_email',
  'sealed_address',
  'country',
  'erased',
  'registered_at',
  'version',
];
const COLUMNS = [...KEY, ...CHANGING];

function toRow({ id, after: { state, version } }: Change<Customer>) {
  const { name, email, address } = state.personalData;
  return [id, name, email, address, state.country, state.erased, state.registeredAt, version];
}

/** Table customer. Personal data arrives here sealed and stays so. */
export const customerTable: StateTable<Customer> = {
  lock: (ids) => [
    {
      sql: `SELECT ${COLUMNS.join(', ')} FROM customer FORCE INDEX (PRIMARY)
            WHERE customer_id IN (?) ORDER BY customer_id FOR UPDATE`,
      values: [ids],
    },
  ],
  between(from, before) {
    const { where, values } = keyBetween('customer_id', from, before);
    return [
      { sql: `SELECT ${COLUMNS.join(', ')} FROM customer WHERE ${where} ORDER BY customer_id`, values },
    ];
  },
  read: ([customers]) =>
    new Map(
      customers?.rows.map((row) => {
        const customerId = textOf(row, 'customer_id');
        const state: Customer = {
          customerId,
          personalData: {
            name: bytesOf(row, 'sealed_name'),
            email: bytesOf(row, 'sealed_email'),
            address: bytesOf(row, 'sealed_address'),
          },
          country: textOf(row, 'country'),
          erased: booleanOf(row, 'erased'),
          registeredAt: dateOf(row, 'registered_at'),
        };
        return [customerId, { state, version: bigintOf(row, 'version') }];
      }),
    ),
  save(changes) {
    const { created, changed } = splitByKind(changes);
    return [
      ...(created.length > 0 ? [insertRows('customer', COLUMNS, created.map(toRow))] : []),
      ...(changed.length > 0 ? [updateRows('customer', KEY, CHANGING, changed.map(toRow))] : []),
    ];
  },
};
