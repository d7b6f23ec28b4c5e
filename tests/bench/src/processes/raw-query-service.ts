import {
  CustomerStatus,
  GetAvailabilityRequest,
  GetAvailabilityResponse,
  GetCustomerRequest,
  GetCustomerResponse,
  GetOrderRequest,
  GetOrderResponse,
  OrderStatus,
} from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bareMethod, startBareServer } from './bare-server.ts';
import { connectBare, LOCAL_QUORUM } from './bare-cassandra.ts';
import { serve } from './serve.ts';

/** The bare peer of query-service: grpc-js handlers that each read one row with one prepared statement of the driver. */
const region = process.env['BENCH_REGION'] ?? '';
const client = await connectBare(process.env['BENCH_CASSANDRA'] ?? '', region);
const tableOf = (name: string) => `${process.env['BENCH_KEYSPACE'] ?? ''}.${process.env[name] ?? ''}`;
const ORDER = `SELECT * FROM ${tableOf('BENCH_ORDERS')} WHERE order_id = ?`;
const CUSTOMER = `SELECT * FROM ${tableOf('BENCH_CUSTOMERS')} WHERE customer_id = ?`;
const STOCK = `SELECT * FROM ${tableOf('BENCH_STOCK')} WHERE bucket = ? AND product_id = ?`;

/** As large as our freshness. */
const freshness: GetOrderResponse['freshness'] = {
  position: 10_000n,
  eventTime: new Date(),
  region,
  fallback: false,
  parkedAggregates: 0,
  token: { entries: [{ context: 4, partition: 11, position: 10_000n }] },
};

/** A line in the form of its cell. */
interface Line {
  readonly no: number;
  readonly product: string;
  readonly name: string;
  readonly quantity: string;
  readonly price: string;
}

async function read(statement: string, id: string, params: readonly unknown[]) {
  const { rows } = await client.execute(statement, params, LOCAL_QUORUM);
  const [row] = rows;
  if (!row) throw new Error(`there is no row of ${id}`);
  return { row, rows };
}

async function getOrder({ orderId }: GetOrderRequest): Promise<GetOrderResponse> {
  const { row, rows } = await read(ORDER, orderId, [orderId]);
  const currencyCode = String(row['currency']);
  const lines: readonly Line[] = JSON.parse(row['lines']);
  return {
    order: {
      summary: {
        orderId,
        customerId: row['customer_id'],
        country: row['country'],
        status: OrderStatus.PLACED,
        placedAt: row['placed_at'],
        version: row['version'],
        total: { currencyCode, amountMinor: row['total_minor'] },
        returned: { currencyCode, amountMinor: 0n },
      },
      lines: lines.map(({ no, product, name, quantity, price }) => ({
        lineNo: no,
        productId: product,
        productName: name,
        quantity: BigInt(quantity),
        returnedQuantity: 0n,
        unitPrice: { currencyCode, amountMinor: BigInt(price) },
      })),
      historyTotal: BigInt(rows.length),
      history: rows.map((step) => ({
        version: step['order_version'],
        eventType: step['event_type'],
        recordedAt: step['recorded_at'],
        note: step['note'],
      })),
    },
    freshness,
  };
}

/** Nothing is opened, and nothing is added up: one row, one answer of the same size. */
async function getCustomer({ customerId }: GetCustomerRequest): Promise<GetCustomerResponse> {
  const { row } = await read(CUSTOMER, customerId, [customerId]);
  return {
    customer: {
      customerId,
      name: row['name'].toString('latin1').slice(-12),
      email: row['email'].toString('latin1').slice(-15),
      address: row['address'].toString('latin1').slice(-20),
      country: row['country'],
      status: CustomerStatus.ACTIVE,
      registeredAt: row['registered_at'],
      ordersPlaced: 3n,
      lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 3_000n }],
      version: row['version'],
    },
    freshness,
  };
}

async function getAvailability({ productId }: GetAvailabilityRequest): Promise<GetAvailabilityResponse> {
  const { row } = await read(STOCK, productId, [shardOf(productId), productId]);
  const [onHand, reserved]: readonly bigint[] = [row['on_hand'], row['reserved']];
  if (onHand === undefined || reserved === undefined) throw new Error(`${productId} has no level`);
  const availability = { productId, onHand, reserved, available: onHand - reserved, version: row['version'] };
  return { availability, freshness };
}

const server = await startBareServer([
  bareMethod('/meridian.orders.v1.OrdersQueryService/GetOrder', GetOrderRequest, GetOrderResponse, getOrder),
  bareMethod(
    '/meridian.customers.v1.CustomersQueryService/GetCustomer',
    GetCustomerRequest,
    GetCustomerResponse,
    getCustomer,
  ),
  bareMethod(
    '/meridian.inventory.v1.InventoryQueryService/GetAvailability',
    GetAvailabilityRequest,
    GetAvailabilityResponse,
    getAvailability,
  ),
]);

serve(
  async () => server.port,
  async () => {
    server.stop();
    await client.shutdown();
  },
);
