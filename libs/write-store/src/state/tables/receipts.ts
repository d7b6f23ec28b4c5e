import { textOf, type StatementResult } from '@meridian/mysql';
import { insertRows, type Statement } from '../../sql/statements.ts';
import type { Receipts } from '../working-copy.ts';
import { keyBetween } from './table.ts';

/** Table stock_receipt: which goods receipts were booked. Rows are only ever added. */
export const receiptTable = {
  lock: (receiptIds: readonly string[]): Statement => ({
    sql: `SELECT receipt_id, product_id FROM stock_receipt FORCE INDEX (PRIMARY)
          WHERE receipt_id IN (?) ORDER BY receipt_id FOR UPDATE`,
    values: [receiptIds],
  }),
  /** Reads the receipts of the products from one on up to another, which is left out. It takes no lock. */
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
