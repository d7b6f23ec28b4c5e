import type { Stock, StockEvent, StockMove } from '@meridian/domain-inventory';
import type { Decision, Refusal } from '@meridian/kernel';
import type { MysqlPool } from '@meridian/mysql';
import type { AggregateRef, WorkingCopy } from '@meridian/write-store';
import { lookUpTogether } from '../../look-up-together.ts';

/** Looks up which products an order has: lines never change once an order is placed. */
export type ProductsOfOrder = (orderId: string) => Promise<readonly string[]>;

/**
 * The look-up in the order lines; no products for an order that is not there (yet). Orders that are asked for at the same time share
 * a statement: their commands come to the queue together then, and share a transaction.
 */
export function productsOfOrder(pool: Pick<MysqlPool, 'query'>): ProductsOfOrder {
  const sql = `SELECT DISTINCT order_id, product_id FROM order_line
               WHERE order_id IN (?) ORDER BY order_id, product_id`;
  const lookUp = lookUpTogether(async (orderIds: readonly string[]) => {
    const { rows } = await pool.query(sql, [[...orderIds]]);
    return Map.groupBy(rows, (row) => String(row['order_id']));
  });
  return async (orderId) => ((await lookUp(orderId)) ?? []).map((row) => String(row['product_id']));
}

/** What a command locks that moves an order and the stock of its products. */
export function orderWithStock(orderId: string, productIds: readonly string[]): readonly AggregateRef[] {
  return [...productIds.map((id) => ({ type: 'stock', id }) as const), { type: 'order', id: orderId }];
}

/** Moves the stock of an order's lines, one event a product. Gives the first refusal, after which nothing may be kept. */
export function moveStock(
  copy: WorkingCopy,
  orderId: string,
  lines: readonly { readonly productId: string; readonly quantity: bigint }[],
  rule: (state: Stock | undefined, move: StockMove) => Decision<StockEvent>,
): Refusal | undefined {
  const quantities = new Map<string, bigint>();
  for (const { productId, quantity } of lines)
    quantities.set(productId, (quantities.get(productId) ?? 0n) + quantity);
  for (const [productId, quantity] of quantities) {
    const decision = rule(copy.read('stock', productId).state, { productId, orderId, quantity });
    if (!decision.accepted) return decision.refusal;
    copy.record('stock', productId, decision.events);
  }
  return undefined;
}
