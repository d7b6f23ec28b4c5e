import type { Product } from '@meridian/domain-catalog';
import { bigintOf, booleanOf, textOf } from '@meridian/mysql';
import { insertRows, updateRows } from '../../sql/script.ts';
import { keyBetween, splitByKind, type Change, type StateTable } from './table.ts';

const KEY = ['product_id'];
const CHANGING = ['name', 'price_currency', 'price_minor', 'discontinued', 'version'];
const COLUMNS = [...KEY, ...CHANGING];

function toRow({ id, after: { state, version } }: Change<Product>) {
  const { currencyCode, amountMinor } = state.price;
  return [id, state.name, currencyCode, amountMinor, state.discontinued, version];
}

/** Table product. */
export const productTable: StateTable<Product> = {
  lock: (ids) => [
    {
      sql: `SELECT ${COLUMNS.join(', ')} FROM product FORCE INDEX (PRIMARY)
            WHERE product_id IN (?) ORDER BY product_id FOR UPDATE`,
      values: [ids],
    },
  ],
  between(from, before) {
    const { where, values } = keyBetween('product_id', from, before);
    return [{ sql: `SELECT ${COLUMNS.join(', ')} FROM product WHERE ${where} ORDER BY product_id`, values }];
  },
  read: ([products]) =>
    new Map(
      products?.rows.map((row) => {
        const productId = textOf(row, 'product_id');
        const state: Product = {
          productId,
          name: textOf(row, 'name'),
          price: { currencyCode: textOf(row, 'price_currency'), amountMinor: bigintOf(row, 'price_minor') },
          discontinued: booleanOf(row, 'discontinued'),
        };
        return [productId, { state, version: bigintOf(row, 'version') }];
      }),
    ),
  save(changes) {
    const { created, changed } = splitByKind(changes);
    return [
      ...(created.length > 0 ? [insertRows('product', COLUMNS, created.map(toRow))] : []),
      ...(changed.length > 0 ? [updateRows('product', KEY, CHANGING, changed.map(toRow))] : []),
    ];
  },
};
