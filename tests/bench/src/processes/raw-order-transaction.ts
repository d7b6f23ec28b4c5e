import { createHash } from 'node:crypto';
import {
  Context,
  encodeEvent,
  PlaceOrderResponse,
  type EventOf,
  type PlaceOrderRequest,
} from '@meridian/contracts';
import { newId, shardOf } from '@meridian/kernel';
import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';

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
 * One order in one transaction, as a careful programmer writes it with mysql2 alone. Rows are locked in key order,
 * inserts have many rows, and the rows are the same as command-service's. It has two requests: lock and read; write and
 * commit. Its journal takes positions from AUTO_INCREMENT, which is cheaper than commit order and promises less.
 * Deadlocks are retried.
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
  const { orderId } = request;
  const now = new Date();
  const placed = linesOf(request, await lockAndRead(connection, request));
  const totalMinor = placed.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0n);
  const answer = { total: { currencyCode: 'GBP', amountMinor: totalMinor } };
  const position = await writeAndCommit(connection, request, { placed, totalMinor, now, answer });
  const entry = { context: Context.ORDERS, partition: shardOf(orderId), position };
  const receipt = { aggregateId: orderId, version: 1n, token: { entries: [entry] }, replayed: false };
  return { receipt, ...answer };
}

async function lockAndRead(
  connection: PoolConnection,
  { customerId, lines }: PlaceOrderRequest,
): Promise<readonly ProductRow[]> {
  const [, , products] = await several(
    connection,
    `START TRANSACTION;
     SELECT country FROM customer WHERE customer_id = ? FOR SHARE;
     SELECT p.product_id, p.name, p.price_minor, s.on_hand, s.reserved, s.version FROM stock s JOIN product p USING (product_id)
     WHERE s.product_id IN (?) ORDER BY s.product_id FOR UPDATE OF s`,
    [customerId, lines.map(({ productId }) => productId).sort()],
  );
  return Array.isArray(products) ? products.filter(isProductRow) : [];
}

function linesOf({ lines }: PlaceOrderRequest, products: readonly ProductRow[]): readonly PlacedLine[] {
  const byId = new Map(products.map((row) => [row.product_id, row]));
  return lines.map(({ productId, quantity }, index) => {
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
}

interface PlacedOrder {
  readonly placed: readonly PlacedLine[];
  readonly totalMinor: bigint;
  readonly now: Date;
  readonly answer: Pick<PlaceOrderResponse, 'total'>;
}

/** Resolves with the position of the order's first event. */
async function writeAndCommit(
  connection: PoolConnection,
  request: PlaceOrderRequest,
  { placed, totalMinor, now, answer }: PlacedOrder,
): Promise<bigint> {
  const { orderId, customerId, requestId } = request;
  const content = JSON.stringify(request.lines.map((line) => line.productId));
  const results = await several(
    connection,
    `INSERT INTO orders (order_id, customer_id, country, currency_code, status, placed_at, placed_on, total_minor, version)
     VALUES (?, ?, 'France', 'GBP', 'placed', ?, ?, ?, 1);
     INSERT INTO order_line (order_id, line_no, product_id, product_name, quantity, unit_price_minor, returned_quantity) VALUES ?;
     INSERT INTO stock (product_id, on_hand, reserved, version) VALUES ? AS new
     ON DUPLICATE KEY UPDATE reserved = new.reserved, version = new.version;
     INSERT INTO journal (event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload, recorded_at, actor,
                          traceparent) VALUES ?;
     INSERT INTO command_log (request_id, fingerprint, command, aggregate_id, aggregate_version, first_position, event_count,
                              answer, accepted_at) VALUES (?, ?, 'PlaceOrder', ?, 1, LAST_INSERT_ID(), ?, ?, UTC_TIMESTAMP(3));
     COMMIT`,
    [
      orderId,
      customerId,
      now,
      now,
      totalMinor.toString(),
      placed.map((line) => [
        orderId,
        line.lineNo,
        line.productId,
        line.productName,
        line.quantity,
        line.unitPriceMinor,
        0,
      ]),
      placed.map(({ row, productId, quantity }) => [
        productId,
        row.on_hand,
        BigInt(row.reserved) + quantity,
        BigInt(row.version) + 1n,
      ]),
      eventsOf(request, placed, totalMinor, now).map((event) => journalRow(event, now)),
      Buffer.from(requestId.replaceAll('-', ''), 'hex'),
      createHash('sha256').update(content).digest(),
      orderId,
      placed.length + 1,
      Buffer.from(PlaceOrderResponse.encode({ receipt: undefined, ...answer }).finish()),
    ],
  );
  const journal = results[3];
  if (!journal || !('insertId' in journal)) throw new Error('the journal gave no position');
  return BigInt(journal.insertId);
}

/** Several statements in one request, with one result per statement. */
async function several(
  connection: PoolConnection,
  sql: string,
  values: readonly unknown[],
): Promise<readonly (RowDataPacket[] | ResultSetHeader)[]> {
  const [results] = await connection.query<(RowDataPacket[] | ResultSetHeader)[] & RowDataPacket[][]>(sql, [
    ...values,
  ]);
  return results;
}

const isProductRow = (row: RowDataPacket): row is ProductRow => typeof row['product_id'] === 'string';

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
    orderId,
    customerId,
    country: 'France',
    currencyCode: 'GBP',
    placedAt: now,
    placedOn: now.toISOString().slice(0, 10),
    totalMinor,
  };
  const lines = placed.map(({ lineNo, productId, productName, quantity, unitPriceMinor }) => ({
    lineNo,
    productId,
    productName,
    quantity,
    unitPriceMinor,
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
