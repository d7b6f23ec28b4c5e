import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { PlaceOrderRequest, PlaceOrderResponse } from '@meridian/contracts';
import { createPool } from 'mysql2/promise';
import { placeOrderRaw } from './raw-order-transaction.ts';
import { serve } from './serve.ts';

/** The bare peer of command-service: a grpc-js handler that runs one bare mysql2 transaction per order. */
const pool = createPool({
  uri: process.env['BENCH_MYSQL_URL'] ?? '',
  database: process.env['BENCH_DATABASE'] ?? '',
  connectionLimit: Number(process.env['BENCH_CONNECTIONS'] ?? 16),
  maxPreparedStatements: 200,
  multipleStatements: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
});
pool.on('connection', (connection) => {
  void connection.query("SET SESSION transaction_isolation = 'READ-COMMITTED', time_zone = '+00:00'");
});

const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(
  {
    placeOrder: {
      path: '/meridian.orders.v1.OrdersCommandService/PlaceOrder',
      requestStream: false,
      responseStream: false,
      requestSerialize: (message: PlaceOrderRequest) =>
        Buffer.from(PlaceOrderRequest.encode(message).finish()),
      requestDeserialize: (bytes: Buffer) => PlaceOrderRequest.decode(bytes),
      responseSerialize: (message: PlaceOrderResponse) =>
        Buffer.from(PlaceOrderResponse.encode(message).finish()),
      responseDeserialize: (bytes: Buffer) => PlaceOrderResponse.decode(bytes),
    },
  },
  {
    placeOrder(
      { request }: { request: PlaceOrderRequest },
      reply: (error: { code: status; message: string } | null, answer?: PlaceOrderResponse) => void,
    ) {
      placeOrderRaw(pool, request).then(
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
    await pool.end();
  },
);
