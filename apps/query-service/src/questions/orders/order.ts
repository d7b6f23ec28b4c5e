import { OrderStatus, type Order, type OrderSummary } from '@meridian/contracts';
import type { OrderHead, OrderRow } from '@meridian/read-model-orders';

const STATUS: Readonly<Record<string, OrderStatus>> = {
  placed: OrderStatus.PLACED,
  paid: OrderStatus.PAID,
  shipped: OrderStatus.SHIPPED,
  delivered: OrderStatus.DELIVERED,
  cancelled: OrderStatus.CANCELLED,
};

/** An order's head in the contract's words. */
export function toSummary(head: OrderHead): OrderSummary {
  const { orderId, customerId, country, currencyCode, placedAt, version } = head;
  return {
    orderId,
    customerId,
    country,
    placedAt,
    version,
    status: STATUS[head.status] ?? OrderStatus.UNSPECIFIED,
    total: { currencyCode, amountMinor: head.totalMinor },
    returned: { currencyCode, amountMinor: head.returnedMinor },
  };
}

/** An order in the contract's words. */
export function toOrder({ head, lines, history, historyTotal }: OrderRow): Order {
  const { currencyCode } = head;
  return {
    summary: toSummary(head),
    lines: lines.map(({ unitPriceMinor, ...line }) => ({
      ...line,
      unitPrice: { currencyCode, amountMinor: unitPriceMinor },
    })),
    history: [...history],
    historyTotal: BigInt(historyTotal),
  };
}
