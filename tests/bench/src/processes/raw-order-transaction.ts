import { createHash } from 'node:crypto';
import {
  Context,
  encodeEvent,
  PlaceOrderResponse,
  type EventOf,
  type PlaceOrderRequest,
} from '@meridian/contracts';
import { newId, shardOf } from '@meridian/kernel';
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';

const RETRYABLE = new Set([1213, 1205]);
const ATTEMPTS = 20;

interface ProductRow extends RowDataPacket {
  readonly product_id: string;
  readonly name: string;
  readonly price_minor: string;
  readonly on_hand: string;
  readonly reserved: string;
  readonly version: string;
}

/**
 * One order in one transaction, as a careful programmer writes it with mysql2 alone: rows locked in key order, prepared
 * statements, multi-row inserts, the same rows as command-service writes. Its journal draws positions from AUTO_INCREMENT, which
 * is cheaper than commit order and gives less. Deadlocks are tried again.
 */
export async function placeOrderRaw(pool: Pool, request: PlaceOrderRequest): Promise<PlaceOrderResponse> {
  for (let attempt = 1; ; attempt++) {
    const connection = await pool.getConnection();
    try {
      return await inTransaction(connection, request);
    } catch (error) {
      await connection.query('ROLLBACK');
      if (attempt === ATTEMPTS || !isRetryable(error)) throw error;
    } finally {
      connection.release();
    }
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && RETRYABLE.has(Number(error.errno));
}

async function inTransaction(
  connection: PoolConnection,
  request: PlaceOrderRequest,
): Promise<PlaceOrderResponse> {
  const { orderId, customerId, requestId } = request;
  const lines = [...request.lines].sort((a, b) => (a.productId < b.productId ? -1 : 1));
  await connection.query('START TRANSACTION');
  await connection.execute('SELECT country FROM customer WHERE customer_id = ? FOR SHARE', [customerId]);
  const [products] = await connection.query<ProductRow[]>(
    `SELECT p.product_id, p.name, p.price_minor, s.on_hand, s.reserved, s.version FROM stock s JOIN product p USING (product_id)
     WHERE s.product_id IN (?) ORDER BY s.product_id FOR UPDATE OF s`,
    [lines.map(({ productId }) => productId)],
  );
  const byId = new Map(products.map((row) => [row.product_id, row]));
  const now = new Date();
  const placed = lines.map(({ productId, quantity }, index) => {
    const row = byId.get(productId);
    if (!row || BigInt(row.on_hand) - BigInt(row.reserved) < quantity)
      throw new Error(`${productId} is short`);
    return {
      lineNo: index + 1,
      row,
      productId,
      productName: row.name,
      quantity,
      unitPriceMinor: BigInt(row.price_minor),
    };
  });
  const totalMinor = placed.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0n);
  await connection.execute(
    `INSERT INTO orders (order_id, customer_id, country, currency_code, status, placed_at, placed_on, total_minor, version)
     VALUES (?, ?, 'France', 'GBP', 'placed', ?, ?, ?, 1)`,
    [orderId, customerId, now, now, totalMinor.toString()],
  );
  await connection.query(
    'INSERT INTO order_line (order_id, line_no, product_id, product_name, quantity, unit_price_minor, returned_quantity) VALUES ?',
    [
      placed.map((line) => [
        orderId,
        line.lineNo,
        line.productId,
        line.productName,
        line.quantity,
        line.unitPriceMinor,
        0,
      ]),
    ],
  );
  await connection.query(
    `INSERT INTO stock (product_id, on_hand, reserved, version) VALUES ? AS new
     ON DUPLICATE KEY UPDATE reserved = new.reserved, version = new.version`,
    [
      placed.map(({ row, productId, quantity }) => [
        productId,
        row.on_hand,
        BigInt(row.reserved) + quantity,
        BigInt(row.version) + 1n,
      ]),
    ],
  );
  const answer = { total: { currencyCode: 'GBP', amountMinor: totalMinor } };
  const fingerprint = createHash('sha256')
    .update(JSON.stringify(request.lines.map((line) => line.productId)))
    .digest();
  const [inserted] = await connection.query(
    `INSERT INTO journal (event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload, recorded_at, actor,
                          traceparent) VALUES ?`,
    [eventsOf(request, placed, totalMinor, now).map((event) => journalRow(event, now))],
  );
  const firstPosition = 'insertId' in inserted ? inserted.insertId : 0;
  await connection.execute(
    `INSERT INTO command_log (request_id, fingerprint, command, aggregate_id, aggregate_version, first_position, event_count,
                              answer, accepted_at) VALUES (?, ?, 'PlaceOrder', ?, 1, ?, ?, ?, UTC_TIMESTAMP(3))`,
    [
      Buffer.from(requestId.replaceAll('-', ''), 'hex'),
      fingerprint,
      orderId,
      firstPosition,
      placed.length + 1,
      Buffer.from(PlaceOrderResponse.encode({ receipt: undefined, ...answer }).finish()),
    ],
  );
  await connection.query('COMMIT');
  const entry = { context: Context.ORDERS, partition: shardOf(orderId), position: BigInt(firstPosition) };
  const receipt = { aggregateId: orderId, version: 1n, token: { entries: [entry] }, replayed: false };
  return { receipt, ...answer };
}

interface PlacedLine {
  readonly lineNo: number;
  readonly row: ProductRow;
  readonly productId: string;
  readonly productName: string;
  readonly quantity: bigint;
  readonly unitPriceMinor: bigint;
}

interface RawEvent {
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly version: bigint;
  readonly event: EventOf<'StockReserved' | 'OrderPlaced'>;
}

function eventsOf(
  request: PlaceOrderRequest,
  placed: readonly PlacedLine[],
  totalMinor: bigint,
  now: Date,
): RawEvent[] {
  const { orderId, customerId } = request;
  const reserved = placed.map(({ row, productId, quantity }): RawEvent => {
    const [onHand, oldReserved] = [BigInt(row.on_hand), BigInt(row.reserved)];
    const level = { oldOnHand: onHand, oldReserved, onHand, reserved: oldReserved + quantity };
    const data = { productId, orderId, quantity, level };
    const event = { type: 'StockReserved', data } as const;
    return { aggregateType: 'stock', aggregateId: productId, version: BigInt(row.version) + 1n, event };
  });
  const keys = {
    ...{ orderId, customerId, country: 'France', currencyCode: 'GBP', placedAt: now },
    ...{ placedOn: now.toISOString().slice(0, 10), totalMinor },
  };
  const lines = placed.map(({ lineNo, productId, productName, quantity, unitPriceMinor }) => ({
    ...{ lineNo, productId, productName, quantity, unitPriceMinor },
  }));
  const event = { type: 'OrderPlaced', data: { keys, lines } } as const;
  return [...reserved, { aggregateType: 'order', aggregateId: orderId, version: 1n, event }];
}

function journalRow({ aggregateType, aggregateId, version, event }: RawEvent, now: Date) {
  return [
    Buffer.from(newId().replaceAll('-', ''), 'hex'),
    shardOf(aggregateId),
    aggregateType,
    aggregateId,
    version,
    event.type,
    Buffer.from(encodeEvent(event)),
    now,
    'grpc',
    '',
  ];
}
