import type { Stock } from '@meridian/domain-inventory';
import { bigintOf, textOf, type StatementResult } from '@meridian/mysql';
import { insertRows, updateRows, type Statement } from '../../sql/script.ts';
import type { Receipts } from '../working-copy.ts';
import { keyBetween, splitByKind, type Change, type StateTable } from './table.ts';

const KEY = ['product_id'];
const CHANGING = ['on_hand', 'reserved', 'version'];
const COLUMNS = [...KEY, ...CHANGING];

function toRow({ id, after: { state, version } }: Change<Stock>) {
  return [id, state.onHand, state.reserved, version];
}

/** Table stock. */
export const stockTable: StateTable<Stock> = {
  lock: (ids) => [
    {
      sql: `SELECT ${COLUMNS.join(', ')} FROM stock FORCE INDEX (PRIMARY)
            WHERE product_id IN (?) ORDER BY product_id FOR UPDATE`,
      values: [ids],
    },
  ],
  between(from, before) {
    const { where, values } = keyBetween('product_id', from, before);
    return [{ sql: `SELECT ${COLUMNS.join(', ')} FROM stock WHERE ${where} ORDER BY product_id`, values }];
  },
  read: ([stocks]) =>
    new Map(
      stocks?.rows.map((row) => {
        const productId = textOf(row, 'product_id');
        const state: Stock = {
          productId,
          onHand: bigintOf(row, 'on_hand'),
          reserved: bigintOf(row, 'reserved'),
        };
        return [productId, { state, version: bigintOf(row, 'version') }];
      }),
    ),
  save(changes) {
    const { created, changed } = splitByKind(changes);
    return [
      ...(created.length > 0 ? [insertRows('stock', COLUMNS, created.map(toRow))] : []),
      ...(changed.length > 0 ? [updateRows('stock', KEY, CHANGING, changed.map(toRow))] : []),
    ];
  },
};

/** Table stock_receipt: which goods receipts were booked. Rows are only ever added. */
export const receiptTable = {
  lock: (receiptIds: readonly string[]): Statement => ({
    sql: `SELECT receipt_id, product_id FROM stock_receipt FORCE INDEX (PRIMARY)
          WHERE receipt_id IN (?) ORDER BY receipt_id FOR UPDATE`,
    values: [receiptIds],
  }),
  /** The receipts of the products from one on to another, which is left out, without a lock. */
  ofProductsBetween(from: string, before: string | undefined): Statement {
    const { where, values } = keyBetween('product_id', from, before);
    return { sql: `SELECT receipt_id, product_id FROM stock_receipt WHERE ${where}`, values };
  },
  read: (result: StatementResult): Receipts =>
    new Map(result.rows.map((row) => [textOf(row, 'receipt_id'), textOf(row, 'product_id')])),
  save: (receipts: Receipts): readonly Statement[] => {
    const rows = [...receipts].sort(([a], [b]) => (a < b ? -1 : 1));
    return rows.length > 0 ? [insertRows('stock_receipt', ['receipt_id', 'product_id'], rows)] : [];
  },
};
