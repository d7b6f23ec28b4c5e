import type { MeridianClient } from '@meridian/client';
import type { ConsistencyToken } from '@meridian/contracts';
import { importIds } from './import-ids.ts';
import { inFlight } from './in-flight.ts';
import { rejectLine, type Reject } from './invoice-line.ts';
import type { ImportPlan, PlannedCustomer, PlannedProduct } from './plan-import.ts';
import { createPatience } from './patience.ts';
import { receiptsOf, type PlannedReceipt } from './plan-receipts.ts';
import { CURRENCY, sendOrDone, type Sending } from './sending.ts';
import { takeOrder } from './take-order.ts';
import { takeReturn } from './take-return.ts';

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
  /** Ends the import: what is under way is finished, nothing more is started. Running it again goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (phase: ImportPhase, done: number, total: number) => void;
  /** Told when nothing moves for some seconds, and why. */
  readonly onWaiting?: (failure: string) => void;
  /** Told of every order that this run placed, as soon as it is acknowledged. */
  readonly onPlaced?: ((orderId: string, token: ConsistencyToken) => void) | undefined;
}

/** The phases of an import, in their order. */
export type ImportPhase = 'products' | 'stock' | 'customers' | 'orders' | 'returns';

/** What became of a plan. */
export interface ImportResult {
  readonly ordersTaken: number;
  /** What the services refused, beside what the plan rejects; a line once for every replay it was refused in. */
  readonly rejects: readonly Reject[];
}

/**
 * Carries out a plan: products, stock, customers, then orders (placed, paid, shipped) and returns. Safe to run again at any time:
 * what is done already is left as it is. A service that restarts is waited for. Rejects when nothing moves for two minutes.
 */
export async function runImport(options: RunImportOptions): Promise<ImportResult> {
  const { client, plan, times = 1, concurrency = 64, signal, onStep, onWaiting, onPlaced } = options;
  const patiently = createPatience({ signal, onWaiting });
  const sending: Sending = { client, ids: importIds(options.contentId), patiently, onPlaced };
  const rejects: Reject[] = [];
  const oldOrders = new Set<string>();
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

  await phase('products', plan.products, (product) => createProduct(product, sending));
  const receipts = plan.products.flatMap((product) => receiptsOf(product, times));
  await phase('stock', receipts, (receipt) => receiveStock(receipt, sending));
  await phase('customers', plan.customers, (customer) => registerCustomer(customer, sending));
  await phase('orders', replaysOf(plan.orders, times), async ({ item, replay }) => {
    const taken = await takeOrder(item, replay, sending);
    if (taken.kind === 'refused') {
      rejects.push(...item.lines.map((line) => rejectLine(line, `REFUSED_${taken.reason}`)));
      return;
    }
    ordersTaken += 1;
    if (taken.isOld) oldOrders.add(sending.ids.order(item.orderId, replay));
  });
  await phase('returns', replaysOf(plan.returns, times), async ({ item, replay }) => {
    const isOld = oldOrders.has(sending.ids.order(item.orderId, replay));
    const refused = await takeReturn(item, replay, isOld, sending);
    if (refused) rejects.push(rejectLine(item.credit, `REFUSED_${refused}`));
  });
  return { ordersTaken, rejects: rejects.sort((a, b) => a.lineNo - b.lineNo) };
}

/** Every item of every replay, replay by replay. */
function replaysOf<T>(items: readonly T[], times: number): readonly { item: T; replay: number }[] {
  const replays = Array.from({ length: times }, (_, index) => index + 1);
  return replays.flatMap((replay) => items.map((item) => ({ item, replay })));
}

function createProduct({ productId, name, priceMinor }: PlannedProduct, sending: Sending): Promise<void> {
  const requestId = sending.ids.request(`product/${productId}`);
  const price = { currencyCode: CURRENCY, amountMinor: priceMinor };
  return sendOrDone(sending, ['PRODUCT_EXISTS'], `product ${productId}`, () =>
    sending.client.catalog.createProduct({ requestId, productId, name, price }),
  );
}

function receiveStock({ productId, part, quantity }: PlannedReceipt, sending: Sending): Promise<void> {
  const requestId = sending.ids.request(`receipt/${part}/${productId}`);
  const receiptId = sending.ids.receipt(productId, part);
  return sendOrDone(sending, ['RECEIPT_EXISTS'], `goods receipt ${receiptId}`, () =>
    sending.client.inventory.receiveStock({ requestId, receiptId, productId, quantity }),
  );
}

function registerCustomer({ customerId, country }: PlannedCustomer, sending: Sending): Promise<void> {
  const requestId = sending.ids.request(`customer/${customerId}`);
  const person = {
    customerId,
    country,
    name: `Customer ${customerId}`,
    email: `${customerId}@customers.example`,
  };
  return sendOrDone(sending, ['CUSTOMER_EXISTS'], `customer ${customerId}`, () =>
    sending.client.customers.registerCustomer({ requestId, ...person }),
  );
}
