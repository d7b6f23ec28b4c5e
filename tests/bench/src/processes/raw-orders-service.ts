import { PlaceOrderRequest, PlaceOrderResponse } from '@meridian/contracts';
import { createPool } from 'mysql2/promise';
import { bareMethod, startBareServer } from './bare-server.ts';
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

const server = await startBareServer([
  bareMethod(
    '/meridian.orders.v1.OrdersCommandService/PlaceOrder',
    PlaceOrderRequest,
    PlaceOrderResponse,
    (request) => placeOrderRaw(pool, request),
  ),
]);

serve(
  async () => server.port,
  async () => {
    server.stop();
    await pool.end();
  },
);
