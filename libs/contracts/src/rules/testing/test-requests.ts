import { kindOf, messageIn, requestTypes, type Kind, type RequestType } from './test-descriptors.ts';

const requestId = '0190b3c0-7d5e-7000-8000-000000000001';
const price = { currencyCode: 'GBP', amountMinor: 255n };
const read = { token: { entries: [{ context: 4, partition: 3, position: 120n }] } };
const page = { pageSize: 20, pageToken: 'b3BhcXVl', read };
const version = { expectedVersion: 2n };
const order = { requestId, orderId: '536365', ...version };
const customer = {
  requestId,
  customerId: '17850',
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  address: '12 St James’s Square\nLondon',
  country: 'United Kingdom',
};
const instant = new Date('2010-12-01T08:26:00Z');

type Request = Readonly<Record<string, unknown>>;

/** Valid requests, with every field set, whose fields say more than their names do. */
const special: Readonly<Record<string, Request>> = {
  '/meridian.catalog.v1.CatalogCommandService/CreateProduct': {
    requestId,
    productId: '85123A',
    name: 'HEART',
    price,
  },
  '/meridian.catalog.v1.CatalogCommandService/ChangePrice': {
    requestId,
    productId: '85123A',
    price,
    ...version,
  },
  '/meridian.catalog.v1.CatalogCommandService/DiscontinueProduct': {
    requestId,
    productId: '85123A',
    reason: 'no longer made',
    ...version,
  },
  '/meridian.catalog.v1.CatalogQueryService/BatchGetProducts': { productIds: ['85123A', '71053'], read },
  '/meridian.inventory.v1.InventoryCommandService/ReceiveStock': {
    requestId,
    receiptId: 'r-1',
    productId: '85123A',
    quantity: 100n,
  },
  '/meridian.inventory.v1.InventoryCommandService/AdjustStock': {
    requestId,
    productId: '85123A',
    delta: -3n,
    reason: 'broken',
    ...version,
  },
  '/meridian.inventory.v1.InventoryQueryService/BatchGetAvailability': { productIds: ['85123A'], read },
  '/meridian.inventory.v1.InventoryQueryService/ListLowStock': { threshold: 9n, ...page },
  '/meridian.customers.v1.CustomersCommandService/RegisterCustomer': customer,
  '/meridian.customers.v1.CustomersCommandService/UpdateCustomer': { ...customer, ...version },
  '/meridian.customers.v1.CustomersCommandService/EraseCustomer': {
    requestId,
    customerId: '17850',
    ...version,
  },
  '/meridian.orders.v1.OrdersCommandService/PlaceOrder': {
    requestId,
    orderId: '536365',
    customerId: '17850',
    lines: [
      { productId: '85123A', quantity: 6n, unitPrice: price },
      { productId: '85123A', quantity: 1n, unitPrice: price },
    ],
    placedAt: instant,
  },
  '/meridian.orders.v1.OrdersCommandService/PayOrder': {
    ...order,
    amount: price,
    paymentReference: 'card-1',
  },
  '/meridian.orders.v1.OrdersCommandService/ShipOrder': {
    ...order,
    carrier: 'Royal Mail',
    trackingNumber: 'RM1',
  },
  '/meridian.orders.v1.OrdersCommandService/CancelOrder': { ...order, reason: 'changed my mind' },
  '/meridian.orders.v1.OrdersCommandService/ReturnItems': {
    ...order,
    lines: [{ lineNo: 1, quantity: 2n }],
    reason: 'chipped',
    returnedAt: instant,
  },
  '/meridian.orders.v1.OrdersQueryService/ListOrderHistory': { orderId: '536365', ...page },
  '/meridian.orders.v1.OrdersQueryService/ListCustomerOrders': { customerId: '17850', ...page },
  '/meridian.orders.v1.OrdersQueryService/WatchOrder': { orderId: '536365', read, afterVersion: 2n },
  '/meridian.sales.v1.SalesQueryService/GetDailySales': {
    fromDay: '2010-12-01',
    toDay: '2011-12-02',
    country: 'France',
    currencyCode: 'GBP',
    ...page,
  },
  '/meridian.sales.v1.SalesQueryService/ListTopProducts': {
    fromDay: '2024-02-29',
    toDay: '2024-03-31',
    currencyCode: 'GBP',
    orderBy: 2,
    limit: 10,
    read,
  },
  '/meridian.operations.v1.JournalService/ReadJournal': {
    fromPosition: 1n,
    untilPosition: 9n,
    shards: [3],
    limit: 5n,
    contexts: [4],
  },
};

const byName: Request = { requestId, pageSize: 20, pageToken: page.pageToken, read, ...version };
const byKind: Readonly<Record<Kind, unknown>> = {
  text: '85123A',
  int64: 2n,
  uint64: 2n,
  uint32: 2,
  enum: 1,
  instant,
};

function usual({ path, type }: RequestType): Request {
  const fields = type.fields.map((field): [string, unknown] => {
    const known = byName[field.localName];
    if (known === undefined && (messageIn(field) || field.fieldKind === 'list'))
      throw new Error(`give ${path} a valid request of its own in test-requests.ts, for ${field.name}`);
    return [field.localName, known ?? byKind[kindOf(field)]];
  });
  return Object.fromEntries(fields);
}

/** A valid request of every method, by path, with every field set. */
export const validRequests: Readonly<Record<string, Request>> = {
  ...Object.fromEntries(
    requestTypes.filter(({ path }) => !Object.hasOwn(special, path)).map((one) => [one.path, usual(one)]),
  ),
  ...special,
};
