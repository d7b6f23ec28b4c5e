import { pagesOf, refusalOf, type Freshness, type MeridianClient } from '@meridian/client';
import {
  CustomerStatus,
  fromToken,
  mergePositions,
  OrderStatus,
  type Customer,
  type DailySales,
  type Order,
  type OrderSummary,
  type Positions,
} from '@meridian/contracts';
import type {
  Answered,
  CustomerShown,
  DayShown,
  OrderShown,
  Question,
  Source,
  StepShown,
  WholeOrderShown,
} from './history.ts';

/** An answer, with what its token names; an answer that there is no such thing names nothing. */
export interface Reply {
  readonly answer: Answered;
  readonly named: Positions;
  /** Aggregates of which something is parked, and that the answer may not show as they are. */
  readonly parkedAggregates: number;
  /** Where each page came from. */
  readonly sources: readonly Source[];
}

const PAGE = 100;
/** Fewer than an order has, so that histories have pages. */
const STEPS_PER_PAGE = 2;
/** Sessions place no order on an older day, and ask for the sales of all days since. */
export const OLDEST_DAYS = 300;
const DAY_MS = 86_400_000;

/** Asks, with the session's token. Rejects when there is no answer. */
export async function ask(client: MeridianClient, question: Question, deadlineMs: number): Promise<Reply> {
  const options = { deadline: deadlineMs };
  switch (question.kind) {
    case 'order':
      return missing(question, async () => {
        const { order, freshness } = await client.orders.getOrder({ orderId: question.orderId }, options);
        return { answer: { ...question, shown: shownWhole(order) }, ...toldBy(freshness) };
      });
    case 'stock':
      return missing(question, async () => {
        const { productId } = question;
        const { availability, freshness } = await client.inventory.getAvailability({ productId }, options);
        return { answer: { ...question, shown: availability }, ...toldBy(freshness) };
      });
    case 'history':
      return missing(question, () => askHistory(client, question, options));
    case 'stocks': {
      const { productIds } = question;
      const asked = { productIds: [...productIds] };
      const { availabilities, freshness } = await client.inventory.batchGetAvailability(asked, options);
      const shown = new Map(availabilities.map((one) => [one.productId, one]));
      return { answer: { ...question, shown }, ...toldBy(freshness) };
    }
    case 'product':
      return missing(question, async () => {
        const { productId } = question;
        const { product, freshness } = await client.catalog.getProduct({ productId }, options);
        const { version = 0n, price } = product ?? {};
        const shown = product && { version, priceMinor: price?.amountMinor ?? 0n };
        return { answer: { ...question, shown }, ...toldBy(freshness) };
      });
    case 'customer-orders':
      return askList(client, question, options);
    case 'customer':
      return missing(question, async () => {
        const { customerId } = question;
        const { customer, freshness } = await client.customers.getCustomer({ customerId }, options);
        return { answer: { ...question, shown: shownCustomer(customer) }, ...toldBy(freshness) };
      });
    case 'sales': {
      const now = Date.now();
      const days = {
        fromDay: new Date(now - OLDEST_DAYS * DAY_MS).toISOString().slice(0, 10),
        toDay: new Date(now + DAY_MS).toISOString().slice(0, 10),
      };
      return askSales(client, question, days, options);
    }
  }
}

/** All sales of some days, page by page. */
async function askSales(
  client: MeridianClient,
  question: Question & { kind: 'sales' },
  days: { readonly fromDay: string; readonly toDay: string },
  options: { readonly deadline: number },
): Promise<Reply> {
  const shown: DayShown[] = [];
  let told = toldBy(undefined);
  const ask = (pageToken: string) => client.sales.getDailySales({ ...days, pageToken }, options);
  for await (const { rows, freshness } of pagesOf(ask)) {
    shown.push(...rows.map(shownDay));
    told = toldByBoth(told, toldBy(freshness));
  }
  return { answer: { ...question, shown }, ...told };
}

/** All steps of an order, a few to a page. */
async function askHistory(
  client: MeridianClient,
  question: Question & { kind: 'history' },
  options: { readonly deadline: number },
): Promise<Reply> {
  const { orderId } = question;
  const shown: StepShown[] = [];
  let told = toldBy(undefined);
  const ask = (pageToken: string) =>
    client.orders.listOrderHistory({ orderId, pageSize: STEPS_PER_PAGE, pageToken }, options);
  for await (const { history, freshness } of pagesOf(ask)) {
    shown.push(...history.map(({ version, eventType: type }) => ({ version, type })));
    told = toldByBoth(told, toldBy(freshness));
  }
  return { answer: { ...question, shown }, ...told };
}

/** All orders of a customer, page by page. */
async function askList(
  client: MeridianClient,
  question: Question & { kind: 'customer-orders' },
  options: { readonly deadline: number },
): Promise<Reply> {
  const { customerId } = question;
  const shown: OrderShown[] = [];
  let told = toldBy(undefined);
  let pageToken = '';
  do {
    const page = await client.orders.listCustomerOrders({ customerId, pageSize: PAGE, pageToken }, options);
    told = toldByBoth(told, toldBy(page.freshness));
    shown.push(...page.orders.map(shownOrder));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return { answer: { ...question, shown }, ...told };
}

/** What an answer's token names. */
export const namedBy = (freshness: Freshness | undefined): Positions => fromToken(freshness?.token);

/** Where an answer comes from. */
export const sourceOf = ({ region, fallback, position }: Freshness): Source => ({
  region,
  fallback,
  position,
});

type Told = Omit<Reply, 'answer'>;

const toldBy = (freshness: Freshness | undefined): Told => ({
  named: namedBy(freshness),
  parkedAggregates: freshness?.parkedAggregates ?? 0,
  sources: freshness ? [sourceOf(freshness)] : [],
});

/** What two pages tell together. */
const toldByBoth = (one: Told, other: Told): Told => ({
  named: mergePositions(one.named, other.named),
  parkedAggregates: Math.max(one.parkedAggregates, other.parkedAggregates),
  sources: [...one.sources, ...other.sources],
});

async function missing(
  question: Question & { kind: 'order' | 'history' | 'stock' | 'product' | 'customer' },
  work: () => Promise<Reply>,
): Promise<Reply> {
  try {
    return await work();
  } catch (error) {
    if (refusalOf(error)?.status !== 'NOT_FOUND') throw error;
    return { answer: { ...question, shown: undefined }, ...toldBy(undefined) };
  }
}

const WORDS: Readonly<Partial<Record<OrderStatus, string>>> = {
  [OrderStatus.PLACED]: 'placed',
  [OrderStatus.PAID]: 'paid',
  [OrderStatus.SHIPPED]: 'shipped',
  [OrderStatus.DELIVERED]: 'delivered',
  [OrderStatus.CANCELLED]: 'cancelled',
};

/** An order with all that is told of it; undefined where there is none. */
export function shownWhole(order: Order | undefined): WholeOrderShown | undefined {
  const { summary, historyTotal = 0n } = order ?? {};
  if (!summary) return undefined;
  const returnedMinor = summary.returned?.amountMinor ?? 0n;
  return { ...shownOrder(summary), returnedMinor, steps: Number(historyTotal) };
}

function shownOrder({ orderId, version, status, total }: OrderSummary): OrderShown {
  return { orderId, version, status: WORDS[status] ?? '', totalMinor: total?.amountMinor ?? 0n };
}

function shownCustomer(customer: Customer | undefined): CustomerShown | undefined {
  if (!customer) return undefined;
  const { version, ordersPlaced, lifetimeValue, status, name, email, address } = customer;
  const worthMinor = lifetimeValue.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
  const personalData = [name, email, address].filter((text) => text !== '');
  return { version, isErased: status === CustomerStatus.ERASED, personalData, ordersPlaced, worthMinor };
}

function shownDay({
  day,
  country,
  ordersPlaced,
  ordersCancelled,
  placed,
  cancelled,
  returned,
}: DailySales): DayShown {
  return {
    day,
    country,
    ordersPlaced,
    ordersCancelled,
    currency: placed?.currencyCode ?? '',
    placedMinor: placed?.amountMinor ?? 0n,
    cancelledMinor: cancelled?.amountMinor ?? 0n,
    returnedMinor: returned?.amountMinor ?? 0n,
  };
}
