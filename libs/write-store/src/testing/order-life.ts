import type { DomainEvent } from '@meridian/contracts';
import { releaseStock, returnStock, shipStock } from '@meridian/domain-inventory';
import { cancelOrder, returnItems, shipOrder, type Order } from '@meridian/domain-orders';
import type { Decision } from '@meridian/kernel';
import type { AggregateRef } from '../command/aggregates.ts';
import type { Command } from '../command/command.ts';
import { command, NOW, recordAll } from './commands.ts';

/** An order that is there, and the products of its lines: what its commands lock. */
export interface PlacedOrder {
  readonly orderId: string;
  readonly products: readonly (readonly [string, bigint])[];
}

/** Moves an order and the stock of its products; like the real commands it locks no customer and no product. */
function moveOrder(
  name: string,
  { orderId, products }: PlacedOrder,
  rule: (state: Order | undefined) => Decision<DomainEvent>,
  stockRule: typeof shipStock,
): Command {
  const order: AggregateRef = { type: 'order', id: orderId };
  const locks = [...products.map(([id]): AggregateRef => ({ type: 'stock', id })), order];
  return command(name, [orderId, products], locks, (copy) => {
    const decision = rule(copy.read('order', orderId).state);
    if (!decision.accepted) return decision;
    for (const [productId, quantity] of products) {
      const moved = stockRule(copy.read('stock', productId).state, { productId, orderId, quantity });
      if (!moved.accepted) return moved;
      copy.record('stock', productId, moved.events);
    }
    return recordAll(copy, order, decision);
  });
}

/** Ships a paid order. */
export function shipOrderOf(order: PlacedOrder): Command {
  const shipment = { orderId: order.orderId, carrier: 'c', trackingNumber: 't', shippedAt: NOW };
  return moveOrder('ShipOrder', order, (state) => shipOrder(state, shipment), shipStock);
}

/** Cancels an order that has not been shipped. */
export function cancelOrderOf(order: PlacedOrder): Command {
  const { orderId } = order;
  const cancellation = { orderId, reason: 'r', cancelledAt: NOW, cancelledOn: '2026-03-01' };
  return moveOrder('CancelOrder', order, (state) => cancelOrder(state, cancellation), releaseStock);
}

/** Takes all pieces of a shipped order back. */
export function returnAllOf(order: PlacedOrder): Command {
  const lines = order.products.map(([, quantity], index) => ({ lineNo: index + 1, quantity }));
  const back = { orderId: order.orderId, lines, reason: 'r', returnedAt: NOW, returnedOn: '2026-03-01' };
  return moveOrder('ReturnItems', order, (state) => returnItems(state, back), returnStock);
}
