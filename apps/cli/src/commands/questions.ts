import { OrderStatus } from '@meridian/contracts';
import { businessDay, formatAmount, type Amount } from '@meridian/kernel';
import { clientOf, runningStack } from '../connect.ts';
import { say, table, toJson } from '../output.ts';
import type { MeridianClient } from '@meridian/client';

/** What every question of the command line takes. */
export interface AskOptions {
  readonly region?: string;
  readonly json?: boolean;
}

async function ask<T>(
  options: AskOptions,
  question: (client: MeridianClient) => Promise<T>,
  print: (answer: T) => void,
): Promise<void> {
  const client = clientOf(await runningStack(), options.region);
  try {
    const answer = await question(client);
    if (options.json) say(toJson(answer));
    else print(answer);
  } finally {
    client.close();
  }
}

const money = (amount: Amount | undefined) => (amount ? formatAmount(amount) : '');
const statusName = (status: OrderStatus) =>
  Object.entries(OrderStatus)
    .find(([, value]) => value === status)?.[0]
    ?.toLowerCase() ?? '';

/** Lists products by id. */
export function products(
  options: AskOptions & { readonly limit: number; readonly after?: string },
): Promise<void> {
  const { limit, after = '' } = options;
  return ask(
    options,
    (client) => client.catalog.listProducts({ pageSize: limit, pageToken: after }),
    (answer) => {
      const rows = answer.products.map(({ productId, name, price }) => [productId, name, money(price)]);
      say(table(['product', 'name', 'price'], rows));
      if (answer.nextPageToken) say(`more: --after ${answer.nextPageToken}`);
    },
  );
}

/** Shows one order, or lists a customer's orders, newest first. */
export function orders(
  id: string,
  options: AskOptions & { readonly customer?: boolean; readonly limit: number },
): Promise<void> {
  if (!options.customer) return oneOrder(id, options);
  return ask(
    options,
    (client) => client.orders.listCustomerOrders({ customerId: id, pageSize: options.limit }),
    (answer) => {
      const rows = answer.orders.map((o) => [
        o.orderId,
        statusName(o.status),
        money(o.total),
        money(o.returned),
        o.placedAt?.toISOString() ?? '',
      ]);
      say(table(['order', 'status', 'total', 'returned', 'placed at'], rows));
    },
  );
}

function oneOrder(orderId: string, options: AskOptions): Promise<void> {
  return ask(
    options,
    (client) => client.orders.getOrder({ orderId }),
    ({ order, freshness }) => {
      const { summary, lines = [], history = [] } = order ?? {};
      if (!summary) return;
      say(
        `order ${summary.orderId} of customer ${summary.customerId} (${summary.country}): ${statusName(summary.status)}, ${money(summary.total)}`,
      );
      const rows = lines.map((l) => [
        String(l.lineNo),
        l.productId,
        l.productName,
        String(l.quantity),
        String(l.returnedQuantity),
        money(l.unitPrice),
      ]);
      say(table(['line', 'product', 'name', 'pieces', 'returned', 'price'], rows));
      for (const { version, eventType, recordedAt, note } of history)
        say(`${version} ${recordedAt?.toISOString()} ${eventType} ${note}`);
      say(`as of position ${freshness?.position} in ${freshness?.region}`);
    },
  );
}

/** Shows sales by day, country and currency; today's when no day is named. */
export function sales(options: AskOptions & { readonly from?: string; readonly to?: string }): Promise<void> {
  const fromDay = options.from ?? businessDay(new Date(), 'Europe/London');
  return ask(
    options,
    (client) => client.sales.getDailySales({ fromDay, toDay: options.to ?? '' }),
    (answer) => {
      const rows = answer.rows.map((r) => [
        r.day,
        r.country,
        String(r.ordersPlaced),
        money(r.placed),
        money(r.cancelled),
        money(r.returned),
        money(r.revenue),
      ]);
      say(table(['day', 'country', 'orders', 'placed', 'cancelled', 'returned', 'revenue'], rows));
      say(`as of position ${answer.freshness?.position} in ${answer.freshness?.region}`);
    },
  );
}
