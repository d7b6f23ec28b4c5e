import type { CallFailure } from '@meridian/client';
import {
  CreateProductResponse,
  GetOrderResponse,
  ListOrderHistoryResponse,
  OrderStatus,
  PayOrderResponse,
  PlaceOrderRequest,
  PlaceOrderResponse,
  ReceiveStockResponse,
  RegisterCustomerResponse,
  ReturnItemsRequest,
  ReturnItemsResponse,
  ShipOrderResponse,
} from '@meridian/contracts';
import { toJson } from '../../output.ts';
import type { ImportCalls } from '../sending.ts';

/** The refusal of a service in memory. `failureIn`, in place of `failureOf`, reads it. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly reason: string;
  readonly status: string;

  constructor(reason: string, status = 'FAILED_PRECONDITION') {
    super(`refused: ${reason}`);
    this.reason = reason;
    this.status = status;
  }
}

/** The failure that a Refused stands for; undefined for any other error. */
export function failureIn(error: unknown): CallFailure | undefined {
  if (!(error instanceof Refused)) return undefined;
  const { reason, status, message } = error;
  return { reason, status, message, code: 9, metadata: {}, violations: [], fieldViolations: [] };
}

/** An order that was placed. */
interface KnownOrder {
  readonly placed: PlaceOrderRequest;
  status: 'placed' | 'paid' | 'shipped' | 'cancelled';
  readonly returns: ReturnItemsRequest[];
}

/** Services in memory, as far as an import can tell them from the real ones. */
export interface Services {
  readonly client: ImportCalls;
  readonly orders: ReadonlyMap<string, KnownOrder>;
  /** Pieces received, by product. */
  readonly received: ReadonlyMap<string, bigint>;
  /** What was called, in order: `placeOrder 536365`. */
  readonly calls: readonly string[];
  /** From now on refuses to create a product, a customer or a goods receipt with this id. */
  refuse(id: string, reason: string): void;
  /** Cancels an order, as somebody else may. */
  cancel(orderId: string): void;
  /** Forgets all request ids, as the services do after 7 days. */
  forgetRequests(): void;
}

interface Request {
  readonly requestId?: string | undefined;
}

/**
 * Executes a request once; the receipt marks a repeat. Throws a Refused when the request's id was used for something
 * else.
 */
type Once = (request: Request, act: () => void) => { readonly receipt: { readonly replayed: boolean } };

function requestLog(): { readonly once: Once; readonly forget: () => void } {
  const contents = new Map<string, string>();
  return {
    once(request, act) {
      const { requestId = '' } = request;
      const [known, content] = [contents.get(requestId), toJson(request)];
      if (known !== undefined && known !== content) throw new Refused('REQUEST_ID_REUSED', 'ALREADY_EXISTS');
      if (known === undefined) act();
      contents.set(requestId, content);
      return { receipt: { replayed: known !== undefined } };
    },
    forget: () => contents.clear(),
  };
}

/** Makes services without data. Their refusals are `Refused` errors. */
export function servicesInMemory(): Services {
  const log = requestLog();
  const orders = new Map<string, KnownOrder>();
  const received = new Map<string, bigint>();
  const refusals = new Map<string, string>();
  const made = new Set<string>();
  const calls: string[] = [];
  const make = (what: string, id = '') => {
    const refusal = refusals.get(id);
    if (refusal) throw new Refused(refusal);
    if (made.has(`${what}/${id}`)) throw new Refused(`${what}_EXISTS`, 'ALREADY_EXISTS');
    made.add(`${what}/${id}`);
  };
  const client: ImportCalls = {
    catalog: {
      createProduct: async (request) =>
        CreateProductResponse.fromPartial(log.once(request, () => make('PRODUCT', request.productId))),
    },
    inventory: {
      receiveStock: async (request) => {
        const { receiptId, productId = '', quantity = 0n } = request;
        const answer = log.once(request, () => {
          make('RECEIPT', receiptId);
          received.set(productId, (received.get(productId) ?? BigInt(0)) + BigInt(quantity));
        });
        return ReceiveStockResponse.fromPartial(answer);
      },
    },
    customers: {
      registerCustomer: async (request) =>
        RegisterCustomerResponse.fromPartial(log.once(request, () => make('CUSTOMER', request.customerId))),
    },
    orders: ordersInMemory(orders, log.once, calls),
  };
  return {
    client,
    orders,
    received,
    calls,
    refuse: (id, reason) => void refusals.set(id, reason),
    cancel(orderId) {
      const order = orders.get(orderId);
      if (order) order.status = 'cancelled';
    },
    forgetRequests: () => log.forget(),
  };
}

const STATUS = {
  placed: OrderStatus.PLACED,
  paid: OrderStatus.PAID,
  shipped: OrderStatus.SHIPPED,
  cancelled: OrderStatus.CANCELLED,
} as const;

function ordersInMemory(orders: Map<string, KnownOrder>, once: Once, calls: string[]): ImportCalls['orders'] {
  const known = (orderId = '') => {
    const order = orders.get(orderId);
    if (!order) throw new Refused('ORDER_NOT_FOUND', 'NOT_FOUND');
    return order;
  };
  const step = (orderId: string | undefined, from: KnownOrder['status'], to: KnownOrder['status']) => {
    const order = known(orderId);
    if (order.status !== from) throw new Refused('ORDER_STATUS_CONFLICT');
    order.status = to;
    return order;
  };
  return {
    async placeOrder(request) {
      const { orderId = '' } = request;
      calls.push(`placeOrder ${orderId}`);
      const answer = once(request, () => {
        if (orders.has(orderId)) throw new Refused('ORDER_EXISTS', 'ALREADY_EXISTS');
        orders.set(orderId, {
          placed: PlaceOrderRequest.fromPartial(request),
          status: 'placed',
          returns: [],
        });
      });
      return PlaceOrderResponse.fromPartial(answer);
    },
    async payOrder(request) {
      calls.push(`payOrder ${request.orderId}`);
      return PayOrderResponse.fromPartial(once(request, () => void step(request.orderId, 'placed', 'paid')));
    },
    async shipOrder(request) {
      calls.push(`shipOrder ${request.orderId}`);
      return ShipOrderResponse.fromPartial(
        once(request, () => void step(request.orderId, 'paid', 'shipped')),
      );
    },
    async returnItems(request) {
      calls.push(`returnItems ${request.orderId}`);
      const answer = once(request, () => {
        const { orderId, expectedVersion } = request;
        if (expectedVersion !== undefined && BigInt(expectedVersion) !== versionOf(known(orderId)))
          throw new Refused('VERSION_MISMATCH', 'ABORTED');
        const { returns } = step(orderId, 'shipped', 'shipped');
        returns.push(ReturnItemsRequest.fromPartial(request));
      });
      return ReturnItemsResponse.fromPartial(answer);
    },
    ...questionsInMemory(known, calls),
  };
}

function questionsInMemory(
  known: (orderId?: string) => KnownOrder,
  calls: string[],
): Pick<ImportCalls['orders'], 'getOrder' | 'listOrderHistory'> {
  return {
    async getOrder({ orderId = '' }) {
      calls.push(`getOrder ${orderId}`);
      const order = known(orderId);
      const { placed, returns, status } = order;
      const history = stepsOf(returns);
      const historyTotal = BigInt(history.length);
      const { customerId, placedAt } = placed;
      const summary = { orderId, customerId, placedAt, status: STATUS[status], version: versionOf(order) };
      return GetOrderResponse.fromPartial({
        order: {
          summary,
          lines: linesOf({ placed, returns }),
          history: history.slice(-NEWEST),
          historyTotal,
        },
      });
    },
    async listOrderHistory({ orderId, pageSize = 0, pageToken = '' }) {
      calls.push(`listOrderHistory ${orderId}`);
      const steps = stepsOf(known(orderId).returns);
      const [from, to] = [Number(pageToken), Number(pageToken) + pageSize];
      return ListOrderHistoryResponse.fromPartial({
        history: steps.slice(from, to),
        nextPageToken: to < steps.length ? String(to) : '',
      });
    },
  };
}

/** An order is placed, paid and shipped at versions 1 to 3; each return is one more. */
function versionOf({ status, returns }: KnownOrder): bigint {
  return BigInt({ placed: 1, paid: 2, cancelled: 2, shipped: 3 }[status] + returns.length);
}

/** The number of newest steps in an answer about an order. */
const NEWEST = 100;

const stepsOf = (returns: readonly ReturnItemsRequest[]) =>
  returns.map(({ reason }) => ({ eventType: 'ItemsReturned', note: reason }));

/** The lines of an order, with the returned pieces of each. */
function linesOf({ placed, returns }: Pick<KnownOrder, 'placed' | 'returns'>) {
  const returned = returns.flatMap((request) => request.lines);
  return placed.lines.map((line, index) => ({
    lineNo: index + 1,
    ...line,
    returnedQuantity: returned
      .filter(({ lineNo }) => lineNo === index + 1)
      .reduce((sum, { quantity }) => sum + quantity, 0n),
  }));
}
