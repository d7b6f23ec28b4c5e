import type { ConsistencyToken } from '@meridian/contracts';
import { importIds } from './import-ids.ts';
import { inFlight } from './in-flight.ts';
import { inTurn } from './in-turn.ts';
import { rejectLine, type InvoiceLine, type Reject } from './invoice-line.ts';
import type { ImportPlan, PlannedCustomer, PlannedOrder, PlannedProduct, PlannedReturn } from './plan.ts';
import { createPatience } from './patience.ts';
import { receiptsOf, type PlannedReceipt } from './plan-receipts.ts';
import { createRefusals, type Refusals } from './refusals.ts';
import { CURRENCY, sendOrDone, type ImportCalls, type Sending } from './sending.ts';
import { takeOrder } from './take-order.ts';
import { takeReturn } from './take-return.ts';

/** Options for the execution of a plan. */
export interface RunImportOptions {
  readonly client: ImportCalls;
  readonly plan: ImportPlan;
  /** The content id of the file; all ids derive from this id. */
  readonly contentId: string;
  /** How often the file is imported, as different orders. */
  readonly times?: number;
  /** Calls under way at most; fewer while the services do not keep up. */
  readonly concurrency?: number;
  /** Ends the import: calls under way are finished, and no more are started. The next run continues from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (phase: ImportPhase, done: number, total: number) => void;
  /** Called when nothing has succeeded for some seconds, with the reason. */
  readonly onWaiting?: (failure: string) => void;
  /** Called with every order that this run placed, as soon as the order is acknowledged. */
  readonly onPlaced?: ((orderId: string, token: ConsistencyToken) => void) | undefined;
  /** Called with every line that the services refused, at once; once per replay in which the line is refused. */
  readonly onReject: (reject: Reject) => void;
}

/**
 * The default limit of calls under way. A transaction takes the commands that arrived while the last transaction ran.
 * With few calls under way, transactions are small, and each costs nearly as much as a large one.
 */
export const MAX_CALLS = 256;

/** The phases of an import, in their order. */
export type ImportPhase = 'products' | 'stock' | 'customers' | 'orders' | 'returns';

/** The result of a plan. */
export interface ImportResult {
  readonly ordersTaken: number;
  /** Whether an order was refused, by its id in its replay. */
  readonly isRefused: (orderId: string) => boolean;
}

/**
 * Executes a plan: products, stock, customers, then orders (placed, paid, shipped) and returns. Safe to repeat at any
 * time: completed steps are not changed. Waits for a service that restarts. A refusal costs the orders that need the
 * refused thing, and no other orders. Rejects when nothing has succeeded for two minutes, and with the signal's reason.
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

/** Imports orders and their returns; reports the lines that are refused. */
function takingOf({ onReject }: Pick<RunImportOptions, 'onReject'>, sending: Sending, refusals: Refusals) {
  const oldOrders = new Set<string>();
  const isOld = (orderId: string) => oldOrders.has(orderId);
  const turn = inTurn();
  let ordersTaken = 0;
  const reject = (lines: readonly InvoiceLine[], reason: string) => {
    for (const line of lines) onReject(rejectLine(line, `REFUSED_${reason}`));
  };
  // Two returns of one old order at once would each find another version than they have read.
  const returned = ({ item, replay }: Replayed<PlannedReturn>, orderId: string) => {
    const take = () => takeReturn(item, replay, isOld, sending);
    return isOld(orderId) ? turn(orderId, take) : take();
  };
  return {
    ordersTaken: () => ordersTaken,
    async order({ item, replay }: Replayed<PlannedOrder>): Promise<void> {
      const orderId = sending.ids.order(item.orderId, replay);
      const reason = refusals.against(item, replay);
      const taken = reason
        ? ({ kind: 'refused', reason, isOld: false } as const)
        : await takeOrder(item, replay, sending);
      if (taken.isOld) oldOrders.add(orderId);
      if (taken.kind === 'refused') {
        refusals.order(orderId, taken.reason);
        reject(item.lines, taken.reason);
        return;
      }
      ordersTaken += 1;
    },
    async return({ item, replay }: Replayed<PlannedReturn>): Promise<void> {
      const orderId = sending.ids.order(item.orderId, replay);
      // An order with the id of a refused order may belong to somebody else: this file returns none of its goods.
      const refused = refusals.ofOrder(orderId) ?? (await returned({ item, replay }, orderId));
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
