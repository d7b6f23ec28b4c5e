import { recorded } from '@meridian/projection/testing';
import type { RecordedEvent } from '@meridian/projection';

/** The stock of a product went from so many available pieces to so many others, none of them promised. */
export function stockMoved(
  productId: string,
  version: bigint,
  position: bigint,
  [oldOnHand, onHand]: readonly [bigint, bigint],
): RecordedEvent {
  const level = { oldOnHand, oldReserved: 0n, onHand, reserved: 0n };
  const data = { productId, delta: onHand - oldOnHand, reason: 'counted', level };
  return recorded(productId, version, position, { type: 'StockAdjusted', data });
}

/** Pieces were promised to an order. */
export function stockReserved(
  productId: string,
  version: bigint,
  position: bigint,
  { onHand, oldReserved, reserved }: { onHand: bigint; oldReserved: bigint; reserved: bigint },
): RecordedEvent {
  const level = { oldOnHand: onHand, oldReserved, onHand, reserved };
  const data = { productId, orderId: 'order-1', quantity: reserved - oldReserved, level };
  return recorded(productId, version, position, { type: 'StockReserved', data });
}
