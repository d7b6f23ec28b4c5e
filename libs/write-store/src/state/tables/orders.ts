import type { Order, OrderLine, OrderStatus } from '@meridian/domain-orders';
import { bigintOf, ColumnError, dateOf, numberOf, textOf, type Row } from '@meridian/mysql';
import type { Versioned } from '../../command/aggregates.ts';
import { insertRows, updateRows } from '../../sql/statements.ts';
import { keyBetween, type Change, type StateTable } from './table.ts';

const COLUMNS = [
  'order_id',
  'customer_id',
  'country',
  'currency_code',
  'status',
  'placed_at',
  'placed_on',
  'total_minor',
  'payment_reference',
  'version',
];
const KEY = ['order_id'];
const CHANGING = ['status', 'payment_reference', 'version'];
const LINE_COLUMNS = [
  'order_id',
  'line_no',
  'product_id',
  'product_name',
  'quantity',
  'unit_price_minor',
  'returned_quantity',
];
const LINE_KEY = ['order_id', 'line_no'];
const STATUSES: readonly OrderStatus[] = ['placed', 'paid', 'shipped', 'delivered', 'cancelled'];

function toRow({ id, after: { state, version } }: Change<Order>) {
  const { customerId, country, currencyCode, status, placedAt, placedOn } = state;
  const { totalMinor, paymentReference } = state;
  return [
    id,
    customerId,
    country,
    currencyCode,
    status,
    placedAt,
    placedOn,
    totalMinor,
    paymentReference,
    version,
  ];
}

function toChangedRow({ id, after: { state, version } }: Change<Order>) {
  return [id, state.status, state.paymentReference, version];
}

function toLineRow(orderId: string, line: OrderLine) {
  const { lineNo, productId, productName, quantity, unitPriceMinor, returnedQuantity } = line;
  return [orderId, lineNo, productId, productName, quantity, unitPriceMinor, returnedQuantity];
}

/** Only what came back ever changes in a line. */
function changedLineRows({ id, before, after }: Change<Order>) {
  const returned = new Map(before.state?.lines.map((line) => [line.lineNo, line.returnedQuantity]));
  return after.state.lines
    .filter(({ lineNo, returnedQuantity }) => returned.get(lineNo) !== returnedQuantity)
    .map(({ lineNo, returnedQuantity }) => [id, lineNo, returnedQuantity]);
}

function statusOf(row: Row): OrderStatus {
  const text = textOf(row, 'status');
  const status = STATUSES.find((known) => known === text);
  if (!status) throw new ColumnError(`column status: unknown value ${text}`);
  return status;
}

function lineOf(row: Row): OrderLine {
  return {
    lineNo: numberOf(row, 'line_no'),
    productId: textOf(row, 'product_id'),
    productName: textOf(row, 'product_name'),
    quantity: bigintOf(row, 'quantity'),
    unitPriceMinor: bigintOf(row, 'unit_price_minor'),
    returnedQuantity: bigintOf(row, 'returned_quantity'),
  };
}

function linesByOrder(rows: readonly Row[]): ReadonlyMap<string, OrderLine[]> {
  const lines = new Map<string, OrderLine[]>();
  for (const row of rows) {
    const orderId = textOf(row, 'order_id');
    const known = lines.get(orderId);
    if (known) known.push(lineOf(row));
    else lines.set(orderId, [lineOf(row)]);
  }
  return lines;
}

function orderOf(row: Row, lines: readonly OrderLine[]): Versioned<Order> {
  const state: Order = {
    orderId: textOf(row, 'order_id'),
    customerId: textOf(row, 'customer_id'),
    country: textOf(row, 'country'),
    currencyCode: textOf(row, 'currency_code'),
    status: statusOf(row),
    placedAt: dateOf(row, 'placed_at'),
    placedOn: textOf(row, 'placed_on'),
    totalMinor: bigintOf(row, 'total_minor'),
    paymentReference: textOf(row, 'payment_reference'),
    lines,
  };
  return { state, version: bigintOf(row, 'version') };
}

const SELECTED = `order_id, customer_id, country, currency_code, status, placed_at,
  DATE_FORMAT(placed_on, '%Y-%m-%d') AS placed_on, total_minor, payment_reference, version`;

/** Tables orders and order_line. The lock of an order's row guards its lines, so these are read without one. */
export const orderTable: StateTable<Order> = {
  lock: (ids) => [
    {
      sql: `SELECT ${SELECTED} FROM orders FORCE INDEX (PRIMARY)
            WHERE order_id IN (?) ORDER BY order_id FOR UPDATE`,
      values: [ids],
    },
    {
      sql: `SELECT ${LINE_COLUMNS.join(', ')} FROM order_line FORCE INDEX (PRIMARY)
            WHERE order_id IN (?) ORDER BY order_id, line_no`,
      values: [ids],
    },
  ],
  between(from, before) {
    const { where, values } = keyBetween('order_id', from, before);
    return [
      { sql: `SELECT ${SELECTED} FROM orders FORCE INDEX (PRIMARY) WHERE ${where}`, values },
      {
        sql: `SELECT ${LINE_COLUMNS.join(', ')} FROM order_line WHERE ${where} ORDER BY order_id, line_no`,
        values,
      },
    ];
  },
  read([orders, lineResult]) {
    const lines = linesByOrder(lineResult?.rows ?? []);
    return new Map(
      orders?.rows.map((row) => {
        const orderId = textOf(row, 'order_id');
        return [orderId, orderOf(row, lines.get(orderId) ?? [])];
      }),
    );
  },
  save({ created, changed }) {
    const newLines = created.flatMap(({ id, after }) => after.state.lines.map((line) => toLineRow(id, line)));
    const oldLines = changed.flatMap(changedLineRows);
    return [
      ...(created.length > 0 ? [insertRows('orders', COLUMNS, created.map(toRow))] : []),
      ...(changed.length > 0 ? [updateRows('orders', KEY, CHANGING, changed.map(toChangedRow))] : []),
      ...(newLines.length > 0 ? [insertRows('order_line', LINE_COLUMNS, newLines)] : []),
      ...(oldLines.length > 0 ? [updateRows('order_line', LINE_KEY, ['returned_quantity'], oldLines)] : []),
    ];
  },
};
