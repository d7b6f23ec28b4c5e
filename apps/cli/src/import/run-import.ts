import { refusalOf, type MeridianClient } from '@meridian/client';
import type { ConsistencyToken } from '@meridian/contracts';
import { importIds, type ImportIds } from './import-ids.ts';
import { inFlight } from './in-flight.ts';
import { rejectLine, type InvoiceLine, type Reject } from './invoice-line.ts';
import type { ImportPlan, PlannedOrder, PlannedProduct } from './plan-import.ts';
import type { PlannedReturn } from './plan-returns.ts';
import { createPatience, type Patience } from './patience.ts';

/** How a plan is carried out. */
export interface RunImportOptions {
  readonly client: MeridianClient;
  readonly plan: ImportPlan;
  /** Of the file; all ids derive from it. */
  readonly contentId: string;
  /** How often the file is taken over, as different orders. */
  readonly times?: number;
  /** Orders in flight at once. */
  readonly concurrency?: number;
  readonly onStep?: (phase: ImportPhase, done: number, total: number) => void;
  /** Told of every order as soon as it is placed. */
  readonly onPlaced?: (orderId: string, token: ConsistencyToken) => void;
}

/** The phases of an import, in their order. */
export type ImportPhase = 'products' | 'stock' | 'customers' | 'orders' | 'returns';

/** What became of a plan. */
export interface ImportResult {
  readonly ordersTaken: number;
  /** What the services refused, beside what the plan rejects. */
  readonly rejects: readonly Reject[];
}

/** One order or return of one replay. */
interface Task<T> {
  readonly replay: number;
  readonly item: T;
}

const CURRENCY = 'GBP';

/**
 * Carries out a plan: products, stock, customers, then orders (placed, paid, shipped) and returns. Safe to run again at any time:
 * what is done already is left as it is. A service that restarts is waited for. Rejects when nothing moves for two minutes.
 */
export async function runImport(options: RunImportOptions): Promise<ImportResult> {
  const { plan, times = 1, concurrency = 64, onStep } = options;
  const work = createImporter(options);
  const rejects: Reject[] = [];
  let ordersTaken = 0;

  async function phase<T>(
    name: ImportPhase,
    items: readonly T[],
    one: (item: T) => Promise<void>,
  ): Promise<void> {
    let done = 0;
    onStep?.(name, 0, items.length);
    await inFlight(items, concurrency, async (item) => {
      await one(item);
      onStep?.(name, ++done, items.length);
    });
  }
  function* replays<T>(items: readonly T[]): Generator<Task<T>> {
    for (let replay = 1; replay <= times; replay++) for (const item of items) yield { replay, item };
  }

  await phase('products', plan.products, work.createProduct);
  const receipts = plan.products.flatMap((product) => receiptsOf(product, times));
  await phase('stock', receipts, work.receiveStock);
  await phase('customers', plan.customers, work.registerCustomer);
  await phase('orders', [...replays(plan.orders)], async ({ item, replay }) => {
    const refused = await work.takeOrder(item, replay);
    if (refused)
      rejects.push(...item.lines.map((line: InvoiceLine) => rejectLine(line, `REFUSED_${refused}`)));
    else ordersTaken += 1;
  });
  await phase('returns', [...replays(plan.returns)], async ({ item, replay }) => {
    const refused = await work.takeReturn(item, replay);
    if (refused) rejects.push(rejectLine(item.credit, `REFUSED_${refused}`));
  });
  return { ordersTaken, rejects: rejects.sort((a, b) => a.lineNo - b.lineNo) };
}

interface Receipt {
  readonly productId: string;
  readonly replays: string;
  readonly quantity: bigint;
}

/** The first replay's goods arrive by themselves; those of all the others together, since only a load needs them. */
function receiptsOf({ productId, pieces }: PlannedProduct, times: number): readonly Receipt[] {
  const first = { productId, replays: 'r1', quantity: pieces };
  if (times === 1) return [first];
  return [first, { productId, replays: `r2-${times}`, quantity: pieces * BigInt(times - 1) }];
}

function createImporter({ client, contentId, onPlaced }: RunImportOptions) {
  const ids = importIds(contentId);
  const patiently = createPatience();

  /** Sends a command; gives the reason of a refusal, unless it says that the thing is done already. */
  async function send(call: () => Promise<unknown>, done: readonly string[]): Promise<string | undefined> {
    try {
      await patiently(call);
      return undefined;
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      return done.includes(refusal.reason) ? undefined : refusal.reason;
    }
  }
  async function must(call: () => Promise<unknown>, done: readonly string[], what: string): Promise<void> {
    const reason = await send(call, done);
    if (reason) throw new Error(`${what} was refused: ${reason}`);
  }

  return {
    async createProduct({ productId, name, priceMinor }: PlannedProduct) {
      const requestId = ids.request(`product/${productId}`);
      const price = { currencyCode: CURRENCY, amountMinor: priceMinor };
      const create = () => client.catalog.createProduct({ requestId, productId, name, price });
      await must(create, ['PRODUCT_EXISTS'], `product ${productId}`);
    },
    async receiveStock({ productId, replays, quantity }: Receipt) {
      const requestId = ids.request(`receipt/${replays}/${productId}`);
      const receiptId = ids.receipt(productId, replays);
      const receive = () => client.inventory.receiveStock({ requestId, receiptId, productId, quantity });
      await must(receive, ['RECEIPT_EXISTS'], `goods receipt ${receiptId}`);
    },
    async registerCustomer({ customerId, country }: { customerId: string; country: string }) {
      const requestId = ids.request(`customer/${customerId}`);
      const person = {
        customerId,
        country,
        name: `Customer ${customerId}`,
        email: `${customerId}@customers.example`,
      };
      await must(
        () => client.customers.registerCustomer({ requestId, ...person }),
        ['CUSTOMER_EXISTS'],
        `customer ${customerId}`,
      );
    },
    takeOrder: (order: PlannedOrder, replay: number) =>
      takeOrder(order, replay, { client, ids, send, patiently, onPlaced }),
    takeReturn: (planned: PlannedReturn, replay: number) =>
      takeReturn(planned, replay, { client, ids, send, patiently }),
  };
}

interface Sending {
  readonly client: MeridianClient;
  readonly ids: ImportIds;
  readonly patiently: Patience;
  send(call: () => Promise<unknown>, done: readonly string[]): Promise<string | undefined>;
  readonly onPlaced?: RunImportOptions['onPlaced'];
}

/** Places, pays and ships an order; gives the reason when it is refused. */
async function takeOrder(order: PlannedOrder, replay: number, sending: Sending): Promise<string | undefined> {
  const { client, ids, send, onPlaced } = sending;
  const orderId = ids.order(order.orderId, replay);
  const { customerId, placedAt } = order;
  const lines = order.lines.map(({ stockCode: productId, quantity, unitPriceMinor }) => ({
    productId,
    quantity,
    unitPrice: { currencyCode: CURRENCY, amountMinor: unitPriceMinor },
  }));
  const requestId = ids.request(`place/${orderId}`);
  const placed = async () => {
    const { receipt } = await client.orders.placeOrder({ requestId, orderId, customerId, lines, placedAt });
    if (receipt?.token) onPlaced?.(orderId, receipt.token);
  };
  const refused = await send(placed, ['ORDER_EXISTS']);
  if (refused) return refused;
  const amountMinor = order.lines.reduce(
    (sum, { quantity, unitPriceMinor }) => sum + quantity * unitPriceMinor,
    0n,
  );
  const pay = {
    requestId: ids.request(`pay/${orderId}`),
    orderId,
    amount: { currencyCode: CURRENCY, amountMinor },
    paymentReference: `import ${orderId}`,
  };
  const unpaid = await send(() => client.orders.payOrder(pay), ['ORDER_STATUS_CONFLICT']);
  if (unpaid) throw new Error(`the payment of order ${orderId} was refused: ${unpaid}`);
  const ship = { requestId: ids.request(`ship/${orderId}`), orderId };
  const unshipped = await send(() => client.orders.shipOrder(ship), ['ORDER_STATUS_CONFLICT']);
  if (unshipped) throw new Error(`the shipment of order ${orderId} was refused: ${unshipped}`);
  return undefined;
}

/**
 * Takes back what a credit line brings; gives the reason when it is refused. The order's history is looked at first: after the
 * 7 days in which request ids are known, a repeat would bring the goods back twice.
 */
async function takeReturn(
  planned: PlannedReturn,
  replay: number,
  sending: Sending,
): Promise<string | undefined> {
  const { client, ids, send, patiently } = sending;
  const orderId = ids.order(planned.orderId, replay);
  const reason = `credit note ${planned.invoiceNo}, line ${planned.credit.lineNo}`;
  const { order } = await patiently(() => client.orders.getOrder({ orderId }, { deadline: 20_000 }));
  if (order?.history.some(({ eventType, note }) => eventType === 'ItemsReturned' && note === reason))
    return undefined;
  const { lineNo, quantity, returnedAt } = planned;
  const requestId = ids.request(`return/${orderId}/${planned.credit.lineNo}`);
  return send(
    () =>
      client.orders.returnItems({ requestId, orderId, lines: [{ lineNo, quantity }], reason, returnedAt }),
    [],
  );
}
