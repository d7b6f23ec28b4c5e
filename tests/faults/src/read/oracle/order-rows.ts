import type { Recorded } from '../history.ts';
import { expectedTable, put, type ExpectedTable } from './cells.ts';
import { foldOrders, keysOf } from './orders.ts';

/** The rows of orders: items with their head, lists by customer, returns, and the months in which a customer ordered. */
export function orderRows(journal: readonly Recorded[]): readonly ExpectedTable[] {
  const items = expectedTable('order_item', 'order_id', 'kind', 'order_version', 'line_no');
  const list = expectedTable('order_by_customer', 'customer_id', 'order_id');
  const returns = expectedTable('return_by_customer', 'customer_id', 'order_id', 'order_version');
  const months = expectedTable('customer_month', 'customer_id', 'month');
  const orders = foldOrders(journal);
  for (const { event, version, position, time } of journal) {
    const keys = keysOf(event);
    const order = keys && orders.get(keys.orderId)?.at(-1);
    if (!keys?.placedAt || !order) continue;
    const { orderId: order_id, customerId: customer_id, placedAt, country, currencyCode: currency } = keys;
    const month = placedAt.getUTCFullYear() * 100 + placedAt.getUTCMonth() + 1;
    const head = {
      ...{ country, currency, status: order.status, total_minor: keys.totalMinor },
      ...{ version: order.version, position: order.position },
    };
    const item = (kind: string, line_no: number, cells: Record<string, unknown>) =>
      put(
        items,
        { order_id, kind, order_version: version, line_no },
        { ...cells, ...head, customer_id, placed_at: placedAt },
      );
    put(list, { customer_id, order_id }, { ...head, placed_at: placedAt, month });
    item('history', 0, { event_type: event.type, recorded_at: time });
    if (event.type === 'OrderPlaced' || event.type === 'ItemsReturned')
      for (const line of event.data.lines) {
        const { productId, productName, quantity, unitPriceMinor } = line;
        item(event.type === 'OrderPlaced' ? 'line' : 'return', line.lineNo, {
          ...{ product_id: productId, product_name: productName },
          ...{ quantity, unit_price_minor: unitPriceMinor },
        });
      }
    if (event.type === 'OrderPlaced') put(months, { customer_id, month }, {});
    if (event.type === 'ItemsReturned')
      put(
        returns,
        { customer_id, order_id, order_version: version },
        { refund_minor: event.data.refundMinor, position, placed_at: placedAt, month },
      );
  }
  return [items, list, returns, months];
}
