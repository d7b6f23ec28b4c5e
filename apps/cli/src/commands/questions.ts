import { gathered, historyOf, pagesOf, type MeridianClient } from '@meridian/client';
import {
  GetDailySalesResponse,
  GetOrderResponse,
  ListCustomerOrdersResponse,
  ListProductsResponse,
  OrderStatus,
  ProductStatus,
  type Freshness,
} from '@meridian/contracts';
import { businessDay, formatAmount, type Amount } from '@meridian/kernel';
import { clientOf, runningStack } from '../connect.ts';
import { inTypedWords } from '../explain.ts';
import { say, table, toJson } from '../output.ts';

/** The options of every question on the command line. */
export interface AskOptions {
  readonly region?: string;
  readonly json?: boolean;
}

/** A question and its answer. The JSON form of an answer is that of gRPC's own tools. */
interface Asking<Answer> {
  readonly question: (client: MeridianClient) => Promise<Answer>;
  readonly message: { toJSON(answer: Answer): unknown };
  /** Prints the answer to a question that was asked in a region. */
  readonly print: (answer: Answer, askedRegion: string) => void;
}

async function ask<Answer>(options: AskOptions, { question, message, print }: Asking<Answer>): Promise<void> {
  const stack = runningStack();
  const { region = stack.regions[0] ?? '' } = options;
  const client = clientOf(stack, region);
  try {
    const answer = await question(client);
    if (options.json) say(toJson(message.toJSON(answer)));
    else print(answer, region);
  } catch (error) {
    throw inTypedWords(error, FLAGS);
  } finally {
    client.close();
  }
}

/** The flag for each field, as the person typed it. */
const FLAGS: Readonly<Record<string, string>> = {
  from_day: '--from',
  to_day: '--to',
  page_size: '--limit',
  page_token: '--after',
  order_id: 'the id',
  customer_id: 'the id',
};

const money = (amount: Amount | undefined) => (amount ? formatAmount(amount) : '');
const nameOf = (names: Readonly<Record<string, number>>, status: number) =>
  Object.entries(names)
    .find(([, value]) => value === status)?.[0]
    ?.toLowerCase() ?? '';

/** Says how fresh an answer of a read model is, which region answered, and that parked aggregates may be missing. */
function sayFreshness(freshness: Freshness | undefined, projector: string, askedRegion: string): void {
  const { position, region, fallback = false, parkedAggregates = 0 } = freshness ?? {};
  const where = fallback ? `${region}, which answered in place of ${askedRegion}` : region;
  const parked =
    parkedAggregates === 1 ? '1 aggregate is parked' : `${parkedAggregates} aggregates are parked`;
  const missing = `; ${parked} and may be missing or old: meridian parked list ${projector}`;
  say(`as of position ${position} in ${where}${parkedAggregates > 0 ? missing : ''}`);
}

const sayMore = (token: string) => {
  if (token !== '') say(`more: --after ${token}`);
};

interface PageOptions extends AskOptions {
  readonly limit: number;
  readonly after?: string;
}

/** Lists products by id. */
export function products(options: PageOptions): Promise<void> {
  const { limit, after = '' } = options;
  return ask(options, {
    question: (client) => client.catalog.listProducts({ pageSize: limit, pageToken: after }),
    message: ListProductsResponse,
    print(answer, region) {
      if (answer.products.length === 0) say('no products');
      else
        say(
          table(
            ['product', 'name', 'price', 'status'],
            answer.products.map(({ productId, name, price, status }) => [
              productId,
              name,
              money(price),
              nameOf(ProductStatus, status),
            ]),
          ),
        );
      sayFreshness(answer.freshness, 'catalog', region);
      sayMore(answer.nextPageToken);
    },
  });
}

/** Shows one order, or lists a customer's orders, newest first. */
export function orders(id: string, options: PageOptions & { readonly customer?: boolean }): Promise<void> {
  return options.customer ? ordersOf(id, options) : oneOrder(id, options);
}

function ordersOf(customerId: string, options: PageOptions): Promise<void> {
  const { limit, after = '' } = options;
  return ask(options, {
    question: (client) => client.orders.listCustomerOrders({ customerId, pageSize: limit, pageToken: after }),
    message: ListCustomerOrdersResponse,
    print(answer, region) {
      const rows = answer.orders.map((o) => [
        o.orderId,
        nameOf(OrderStatus, o.status),
        money(o.total),
        money(o.returned),
        o.placedAt?.toISOString() ?? '',
      ]);
      if (rows.length === 0) say(`customer ${customerId} has no orders`);
      else say(table(['order', 'status', 'total', 'returned', 'placed at'], rows));
      sayFreshness(answer.freshness, 'orders', region);
      sayMore(answer.nextPageToken);
    },
  });
}

function oneOrder(orderId: string, options: AskOptions): Promise<void> {
  return ask(options, {
    async question(client) {
      const answer = await client.orders.getOrder({ orderId });
      const { order } = answer;
      if (!order) return answer;
      return {
        ...answer,
        order: { ...order, history: [...(await gathered(historyOf(client.orders, order)))] },
      };
    },
    message: GetOrderResponse,
    print({ order, freshness }, region) {
      const { summary, lines = [], history = [] } = order ?? {};
      if (!summary) return;
      const { customerId, country, status, total, returned } = summary;
      say(`order ${orderId} of customer ${customerId} (${country}): ${nameOf(OrderStatus, status)}`);
      say(`${money(total)}, of which ${money(returned)} came back`);
      say();
      const rows = lines.map((l) => [
        String(l.lineNo),
        l.productId,
        l.productName,
        String(l.quantity),
        String(l.returnedQuantity),
        money(l.unitPrice),
      ]);
      say(table(['line', 'product', 'name', 'pieces', 'returned', 'price'], rows));
      say();
      const steps = history.map(({ version, eventType, recordedAt, note }) => [
        String(version),
        recordedAt?.toISOString() ?? '',
        eventType,
        note,
      ]);
      say(table(['version', 'recorded at', 'event', 'note'], steps));
      sayFreshness(freshness, 'orders', region);
    },
  });
}

/** All pages as one answer, with the freshness of the last page. */
async function allDailySales(
  { sales: questions }: Pick<MeridianClient, 'sales'>,
  days: { readonly fromDay: string; readonly toDay: string },
): Promise<GetDailySalesResponse> {
  const whole = GetDailySalesResponse.create();
  for await (const page of pagesOf((pageToken) => questions.getDailySales({ ...days, pageToken }))) {
    whole.rows.push(...page.rows);
    whole.freshness = page.freshness;
  }
  return whole;
}

/** Shows sales by day, country and currency; today's when no day is named. */
export function sales(options: AskOptions & { readonly from?: string; readonly to?: string }): Promise<void> {
  const fromDay = options.from ?? businessDay(new Date(), 'Europe/London');
  const { to: toDay = '' } = options;
  return ask(options, {
    question: (client) => allDailySales(client, { fromDay, toDay }),
    message: GetDailySalesResponse,
    print({ rows: sold, freshness }, region) {
      const rows = sold.map((r) => [
        r.day,
        r.country,
        String(r.ordersPlaced),
        money(r.placed),
        money(r.cancelled),
        money(r.returned),
        money(r.revenue),
      ]);
      const days = toDay === '' || toDay === fromDay ? `on ${fromDay}` : `from ${fromDay} to ${toDay}`;
      if (rows.length === 0) say(`nothing was sold ${days}: name other days with --from DAY and --to DAY`);
      else say(table(['day', 'country', 'orders', 'placed', 'cancelled', 'returned', 'revenue'], rows));
      sayFreshness(freshness, 'sales', region);
    },
  });
}
