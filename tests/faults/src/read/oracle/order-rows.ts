import type { Recorded } from '../history.ts';
import { expectedTable, put, type ExpectedTable } from './cells.ts';
import { foldOrders, keysOf } from './orders.ts';

/** The rows of orders: steps with their head, lists by customer, and the months in which a customer ordered. */
export function orderRows(journal: readonly Recorded[]): readonly ExpectedTable[] {
  const steps = expectedTable('order_step', 'order_id', 'order_version');
  const list = expectedTable('order_by_customer', 'customer_id', 'order_id');
  const months = expectedTable('customer_month', 'customer_id', 'month');
  const orders = foldOrders(journal);
  const lastPositions = new Map<string, Record<string, bigint>>();
  const monthsOfOrders = new Map<string, { readonly customer_id: string; readonly ofMonth: string }>();
  for (const { event, version, time, position, shard } of journal) {
    const keys = keysOf(event);
    const order = keys && orders.get(keys.orderId)?.at(-1);
    if (!keys?.placedAt || !order) continue;
    const { orderId: order_id, customerId: customer_id, placedAt, country, currencyCode: currency } = keys;
    const month = placedAt.getUTCFullYear() * 100 + placedAt.getUTCMonth() + 1;
    const head = {
      country,
      currency,
      status: order.status,
      total_minor: keys.totalMinor,
      version: order.version,
      position: order.position,
    };
    const lines =
      event.type === 'OrderPlaced' || event.type === 'ItemsReturned'
        ? linesText(event.data.lines)
        : undefined;
    const step = { event_type: event.type, recorded_at: time, lines };
    put(steps, { order_id, order_version: version }, { ...step, ...head, customer_id, placed_at: placedAt });
    const returned = event.type === 'ItemsReturned' ? true : undefined;
    put(list, { customer_id, order_id }, { ...head, placed_at: placedAt, month, returned });
    const ofMonth = `${customer_id} ${month}`;
    monthsOfOrders.set(order_id, { customer_id, ofMonth });
    lastPositions.set(ofMonth, { ...lastPositions.get(ofMonth), [`last_position_${shard}`]: position });
    if (event.type === 'OrderPlaced') put(months, { customer_id, month }, {});
  }
  for (const [order_id, { customer_id, ofMonth }] of monthsOfOrders)
    put(list, { customer_id, order_id }, lastPositions.get(ofMonth) ?? {});
  return [steps, list, months];
}

interface Line {
  readonly lineNo: number;
  readonly productId: string;
  readonly productName: string;
  readonly quantity: bigint;
  readonly unitPriceMinor: bigint;
}

/** The cell of an event's lines, written apart from the code that is checked. */
function linesText(lines: readonly Line[]): string {
  const texts = lines.map(
    (line) =>
      `{"no":${line.lineNo},"product":${JSON.stringify(line.productId)},"name":${JSON.stringify(line.productName)},"quantity":"${line.quantity}","price":"${line.unitPriceMinor}"}`,
  );
  return `[${texts.join(',')}]`;
}
