import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { GetOrderRequest, GetOrderResponse, OrderStatus } from '@meridian/contracts';
import { connectBare, LOCAL_QUORUM } from './bare-cassandra.ts';
import { serve } from './serve.ts';

/** The bare peer of query-service: a grpc-js handler that reads the order's row with one prepared statement of the driver. */
const region = process.env['BENCH_REGION'] ?? '';
const client = await connectBare(process.env['BENCH_CASSANDRA'] ?? '', region);
const READ = `SELECT * FROM ${process.env['BENCH_KEYSPACE'] ?? ''}.${process.env['BENCH_TABLE'] ?? ''} WHERE order_id = ?`;

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

async function getOrder(orderId: string): Promise<GetOrderResponse> {
  const { rows } = await client.execute(READ, [orderId], LOCAL_QUORUM);
  const [row] = rows;
  if (!row) throw new Error(`no order ${orderId}`);
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

const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(
  {
    getOrder: {
      path: '/meridian.orders.v1.OrdersQueryService/GetOrder',
      requestStream: false,
      responseStream: false,
      requestSerialize: (message: GetOrderRequest) => Buffer.from(GetOrderRequest.encode(message).finish()),
      requestDeserialize: (bytes: Buffer) => GetOrderRequest.decode(bytes),
      responseSerialize: (message: GetOrderResponse) =>
        Buffer.from(GetOrderResponse.encode(message).finish()),
      responseDeserialize: (bytes: Buffer) => GetOrderResponse.decode(bytes),
    },
  },
  {
    getOrder(
      { request }: { request: GetOrderRequest },
      reply: (error: { code: status; message: string } | null, answer?: GetOrderResponse) => void,
    ) {
      getOrder(request.orderId).then(
        (answer) => reply(null, answer),
        (error: unknown) => reply({ code: status.INTERNAL, message: String(error) }),
      );
    },
  },
);

const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  );
});

serve(
  async () => port,
  async () => {
    server.forceShutdown();
    await client.shutdown();
  },
);
