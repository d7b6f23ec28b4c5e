import type { EventOf, StockLevel } from '@meridian/contracts';
import { accept, refuse, type Decision, type Violation } from '@meridian/kernel';

/** The stock of one product. Invariant: 0 <= reserved <= onHand. */
export interface Stock {
  readonly productId: string;
  /** Pieces on hand. */
  readonly onHand: bigint;
  /** Of these, pieces reserved for orders. */
  readonly reserved: bigint;
}

/** The events of a stock. */
export type StockEvent = EventOf<
  'StockReceived' | 'StockAdjusted' | 'StockReserved' | 'StockReleased' | 'StockShipped' | 'StockReturned'
>;

/** Pieces of a product that an order is about. */
export interface StockMove {
  readonly productId: string;
  readonly orderId: string;
  /** At least 1. */
  readonly quantity: bigint;
}

/** Books arrived goods; the first receipt makes the stock. */
export function receiveStock(
  state: Stock | undefined,
  { productId, receiptId, quantity }: { productId: string; receiptId: string; quantity: bigint },
): Decision<StockEvent> {
  const level = change(state, quantity, 0n);
  return accept({ type: 'StockReceived', data: { productId, receiptId, quantity, level } });
}

/** Corrects the stock after a count. Refused when fewer pieces would be left than are reserved: INSUFFICIENT_STOCK. */
export function adjustStock(
  state: Stock | undefined,
  { productId, delta, reason }: { productId: string; delta: bigint; reason: string },
): Decision<StockEvent> {
  const level = change(state, delta, 0n);
  if (level.onHand < level.reserved) {
    const description = `product ${productId} has ${level.oldOnHand} on hand, ${level.reserved} of them reserved: at most ${available(state)} can be taken off`;
    const violation = { type: 'INSUFFICIENT_STOCK', subject: `product/${productId}`, description };
    return refuse('failed-precondition', 'INSUFFICIENT_STOCK', description, [violation]);
  }
  return accept({ type: 'StockAdjusted', data: { productId, delta, reason, level } });
}

/**
 * Reserves pieces for an order. Refused when fewer are available: INSUFFICIENT_STOCK, with the number of
 * missing pieces.
 */
export function reserveStock(
  state: Stock | undefined,
  { productId, orderId, quantity }: StockMove,
): Decision<StockEvent> {
  const left = available(state);
  if (left < quantity) {
    const violation = shortage(productId, quantity, left);
    return refuse('failed-precondition', 'INSUFFICIENT_STOCK', violation.description, [violation]);
  }
  return accept({
    type: 'StockReserved',
    data: { productId, orderId, quantity, level: change(state, 0n, quantity) },
  });
}

/** Releases reserved pieces. Throws when fewer are reserved: the order's own record would be wrong. */
export function releaseStock(
  state: Stock | undefined,
  { productId, orderId, quantity }: StockMove,
): Decision<StockEvent> {
  mustBeReserved(state, productId, quantity);
  return accept({
    type: 'StockReleased',
    data: { productId, orderId, quantity, level: change(state, 0n, -quantity) },
  });
}

/** Ships reserved pieces. Throws when fewer are reserved: the order's own record would be wrong. */
export function shipStock(
  state: Stock | undefined,
  { productId, orderId, quantity }: StockMove,
): Decision<StockEvent> {
  mustBeReserved(state, productId, quantity);
  const level = change(state, -quantity, -quantity);
  return accept({ type: 'StockShipped', data: { productId, orderId, quantity, level } });
}

/** Books returned pieces as on hand again. */
export function returnStock(
  state: Stock | undefined,
  { productId, orderId, quantity }: StockMove,
): Decision<StockEvent> {
  return accept({
    type: 'StockReturned',
    data: { productId, orderId, quantity, level: change(state, quantity, 0n) },
  });
}

/** The stock after one of its events. Throws when the event cannot follow the state or breaks the invariant. */
export function evolveStock(state: Stock | undefined, event: StockEvent): Stock {
  const { productId, level } = event.data;
  if (!level) throw new Error(`${event.type} of product ${productId} has no level`);
  if (level.oldOnHand !== (state?.onHand ?? 0n) || level.oldReserved !== (state?.reserved ?? 0n)) {
    throw new Error(`${event.type} of product ${productId} does not follow the stock before it`);
  }
  if (level.reserved < 0n || level.reserved > level.onHand) {
    throw new Error(`${event.type} of product ${productId} promises ${level.reserved} of ${level.onHand}`);
  }
  return { productId, onHand: level.onHand, reserved: level.reserved };
}

/** Pieces that can still be reserved. */
export function available(state: Stock | undefined): bigint {
  return state ? state.onHand - state.reserved : 0n;
}

/** Which product is short, and by how much. */
export function shortage(productId: string, needed: bigint, left: bigint): Violation {
  return {
    type: 'INSUFFICIENT_STOCK',
    subject: `product/${productId}`,
    description: `product ${productId} is short by ${needed - left}: ${needed} needed, ${left} available`,
  };
}

function change(state: Stock | undefined, onHandBy: bigint, reservedBy: bigint): StockLevel {
  const oldOnHand = state?.onHand ?? 0n;
  const oldReserved = state?.reserved ?? 0n;
  return { oldOnHand, oldReserved, onHand: oldOnHand + onHandBy, reserved: oldReserved + reservedBy };
}

function mustBeReserved(state: Stock | undefined, productId: string, quantity: bigint): void {
  if ((state?.reserved ?? 0n) < quantity) {
    throw new Error(`of product ${productId} ${state?.reserved ?? 0n} are promised, not ${quantity}`);
  }
}
