import { readOptions } from './read-options.ts';
import { pageToken, text } from './text.ts';
import {
  distinct,
  expectedVersion,
  id,
  message,
  optionalId,
  optionalInstant,
  owedMoney,
  price,
  requestId,
  several,
  smallNumber,
  wholeNumber,
} from './values.ts';

const MAX_LINES = 1_200;
const MAX_PIECES = 1_000_000n;
// No order can cost more: every line at its most pieces and its highest price. The bound of an order's total is the domain's, and lower;
// orders that were placed before that bound may still be paid.
const MAX_TOTAL_MINOR = BigInt(MAX_LINES) * MAX_PIECES * 1_000_000_000n;

const orderLine = message({
  productId: id(),
  quantity: wholeNumber(1n, MAX_PIECES),
  unitPrice: price().optional(),
});

const returnLine = message({ lineNo: smallNumber(1, MAX_LINES), quantity: wholeNumber(1n, MAX_PIECES) });

const step = { requestId: requestId(), orderId: id(), expectedVersion: expectedVersion() };

/** The rules of the orders' requests, by path. */
export const ordersRules = {
  '/meridian.orders.v1.OrdersCommandService/PlaceOrder': message({
    requestId: requestId(),
    orderId: optionalId(),
    customerId: id(),
    lines: several(orderLine, 1, MAX_LINES),
    placedAt: optionalInstant(),
  }),
  '/meridian.orders.v1.OrdersCommandService/PayOrder': message({
    ...step,
    amount: owedMoney(0n, MAX_TOTAL_MINOR),
    paymentReference: text({ min: 1, max: 100 }),
  }),
  '/meridian.orders.v1.OrdersCommandService/ShipOrder': message({
    ...step,
    carrier: text({ min: 0, max: 100 }),
    trackingNumber: text({ min: 0, max: 100 }),
  }),
  '/meridian.orders.v1.OrdersCommandService/DeliverOrder': message(step),
  '/meridian.orders.v1.OrdersCommandService/CancelOrder': message({
    ...step,
    reason: text({ min: 1, max: 500 }),
  }),
  '/meridian.orders.v1.OrdersCommandService/ReturnItems': message({
    ...step,
    lines: several(returnLine, 1, MAX_LINES).superRefine(
      distinct({ of: ({ lineNo }) => lineNo, field: 'lineNo' }),
    ),
    reason: text({ min: 0, max: 500 }),
    returnedAt: optionalInstant(),
  }),
  '/meridian.orders.v1.OrdersQueryService/GetOrder': message({ orderId: id(), read: readOptions() }),
  '/meridian.orders.v1.OrdersQueryService/ListOrderHistory': message({
    orderId: id(),
    pageSize: smallNumber(0, 200),
    pageToken: pageToken(),
    read: readOptions(),
  }),
  '/meridian.orders.v1.OrdersQueryService/ListCustomerOrders': message({
    customerId: id(),
    pageSize: smallNumber(0, 200),
    pageToken: pageToken(),
    read: readOptions(),
  }),
  '/meridian.orders.v1.OrdersQueryService/WatchOrder': message({
    orderId: id(),
    read: readOptions(),
    afterVersion: expectedVersion(),
  }),
};
