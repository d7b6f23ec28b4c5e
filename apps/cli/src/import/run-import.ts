import type { ConsistencyToken } from '@meridian/contracts';
import { importIds } from './import-ids.ts';
import { inFlight } from './in-flight.ts';
import { rejectLine, type InvoiceLine, type Reject } from './invoice-line.ts';
import type { ImportPlan, PlannedCustomer, PlannedOrder, PlannedProduct } from './plan-import.ts';
import { createPatience } from './patience.ts';
import { receiptsOf, type PlannedReceipt } from './plan-receipts.ts';
import type { PlannedReturn } from './plan-returns.ts';
import { createRefusals, type Refusals } from './refusals.ts';
import { CURRENCY, sendOrDone, type ImportCalls, type Sending } from './sending.ts';
import { takeOrder } from './take-order.ts';
import { takeReturn } from './take-return.ts';

/** How a plan is carried out. */
export interface RunImportOptions {
  readonly client: ImportCalls;
  readonly plan: ImportPlan;
  /** Of the file; all ids derive from it. */
  readonly contentId: string;
  /** How often the file is taken over, as different orders. */
  readonly times?: number;
  /** Calls under way at most; fewer while the services do not keep up. */
  readonly concurrency?: number;
  /** Ends the import: what is under way is finished, nothing more is started. Running it again goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (phase: ImportPhase, done: number, total: number) => void;
  /** Told when nothing moves for some seconds, and why. */
  readonly onWaiting?: (failure: string) => void;
  /** Told of every order that this run placed, as soon as it is acknowledged. */
  readonly onPlaced?: ((orderId: string, token: ConsistencyToken) => void) | undefined;
  /** Told of every line that the services refused, as soon as they do; once for every replay that it is refused in. */
  readonly onReject: (reject: Reject) => void;
}

/**
 * Calls under way at most, unless said otherwise. A transaction takes what came while the last one ran: with few calls under way the
 * services work on small transactions, and each of them costs nearly as much as a large one.
 */
export const MAX_CALLS = 256;

/** The phases of an import, in their order. */
export type ImportPhase = 'products' | 'stock' | 'customers' | 'orders' | 'returns';

/** What became of a plan. */
export interface ImportResult {
  readonly ordersTaken: number;
  /** Whether an order, by its id in its replay, was refused. */
  readonly isRefused: (orderId: string) => boolean;
}

/**
 * Carries out a plan: products, stock, customers, then orders (placed, paid, shipped) and returns. Safe to run again at any time:
 * what is done already is left as it is. A service that restarts is waited for. What a service refuses costs the orders that
 * need it, and no others. Rejects when nothing moves for two minutes, and with the signal's reason.
 */
export async function runImport(options: RunImportOptions): Promise<ImportResult> {
  const { client, plan, times = 1, concurrency = MAX_CALLS, signal, onWaiting, onPlaced } = options;
  const patiently = createPatience({ maxCalls: concurrency, signal, onWaiting });
  const sending: Sending = { client, ids: importIds(options.contentId), patiently, onPlaced };
  const refusals = createRefusals();
  const phase = phasesOf(options);

  await phase('products', plan.products, async (product) =>
    refusals.product(product.productId, await createProduct(product, sending)),
  );
  const receipts = plan.products
    .filter(({ productId }) => !refusals.hasProduct(productId))
    .flatMap((product) => receiptsOf(product, times));
  await phase('stock', receipts, async (receipt) =>
    refusals.receipt(receipt, await receiveStock(receipt, sending)),
  );
  await phase('customers', plan.customers, async (customer) =>
    refusals.customer(customer.customerId, await registerCustomer(customer, sending)),
  );
  const taking = takingOf(options, sending, refusals);
  await phase('orders', replaysOf(plan.orders, times), taking.order);
  await phase('returns', replaysOf(plan.returns, times), taking.return);
  return {
    ordersTaken: taking.ordersTaken(),
    isRefused: (orderId) => refusals.ofOrder(orderId) !== undefined,
  };
}

/** Runs a phase: all of its items, several in flight, with progress. */
function phasesOf({ concurrency = MAX_CALLS, onStep }: Pick<RunImportOptions, 'concurrency' | 'onStep'>) {
  return async <T>(
    name: ImportPhase,
    items: readonly T[],
    one: (item: T) => Promise<void>,
  ): Promise<void> => {
    let done = 0;
    onStep?.(name, 0, items.length);
    await inFlight(items, concurrency, async (item) => {
      await one(item);
      onStep?.(name, ++done, items.length);
    });
  };
}

/** An order or return of one replay. */
interface Replayed<T> {
  readonly item: T;
  readonly replay: number;
}

/** Takes orders and their returns; tells of the lines that cannot be taken. */
function takingOf({ onReject }: Pick<RunImportOptions, 'onReject'>, sending: Sending, refusals: Refusals) {
  const oldOrders = new Set<string>();
  let ordersTaken = 0;
  const reject = (lines: readonly InvoiceLine[], reason: string) => {
    for (const line of lines) onReject(rejectLine(line, `REFUSED_${reason}`));
  };
  return {
    ordersTaken: () => ordersTaken,
    async order({ item, replay }: Replayed<PlannedOrder>): Promise<void> {
      const orderId = sending.ids.order(item.orderId, replay);
      const reason = refusals.against(item, replay);
      const taken = reason ? ({ kind: 'refused', reason } as const) : await takeOrder(item, replay, sending);
      if (taken.kind === 'refused') {
        refusals.order(orderId, taken.reason);
        reject(item.lines, taken.reason);
        return;
      }
      ordersTaken += 1;
      if (taken.isOld) oldOrders.add(orderId);
    },
    async return({ item, replay }: Replayed<PlannedReturn>): Promise<void> {
      const orderId = sending.ids.order(item.orderId, replay);
      // What has the id of a refused order may be somebody else's: nothing of it comes back by this file.
      const refused =
        refusals.ofOrder(orderId) ?? (await takeReturn(item, replay, oldOrders.has(orderId), sending));
      if (refused) reject([item.credit], refused);
    },
  };
}

/** Every item of every replay, replay by replay. */
function replaysOf<T>(items: readonly T[], times: number): readonly Replayed<T>[] {
  const replays = Array.from({ length: times }, (_, index) => index + 1);
  return replays.flatMap((replay) => items.map((item) => ({ item, replay })));
}

function createProduct(product: PlannedProduct, sending: Sending): Promise<string | undefined> {
  const { productId, name, priceMinor } = product;
  const requestId = sending.ids.request(`product/${productId}`);
  const price = { currencyCode: CURRENCY, amountMinor: priceMinor };
  return sendOrDone(sending, ['PRODUCT_EXISTS'], () =>
    sending.client.catalog.createProduct({ requestId, productId, name, price }),
  );
}

function receiveStock(receipt: PlannedReceipt, sending: Sending): Promise<string | undefined> {
  const { productId, part, quantity } = receipt;
  const requestId = sending.ids.request(`receipt/${part}/${productId}`);
  const receiptId = sending.ids.receipt(productId, part);
  return sendOrDone(sending, ['RECEIPT_EXISTS'], () =>
    sending.client.inventory.receiveStock({ requestId, receiptId, productId, quantity }),
  );
}

function registerCustomer(customer: PlannedCustomer, sending: Sending): Promise<string | undefined> {
  const { customerId, country } = customer;
  const requestId = sending.ids.request(`customer/${customerId}`);
  const person = {
    customerId,
    country,
    name: `Customer ${customerId}`,
    email: `${customerId}@customers.example`,
  };
  return sendOrDone(sending, ['CUSTOMER_EXISTS'], () =>
    sending.client.customers.registerCustomer({ requestId, ...person }),
  );
}
