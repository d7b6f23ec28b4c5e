import { PlaceOrderRequest } from '@meridian/contracts';
import { reserveStock } from '@meridian/domain-inventory';
import { placeOrder } from '@meridian/domain-orders';
import { newId } from '@meridian/kernel';
import type { Command, WorkingCopy } from '@meridian/write-store';
import { orderMaker } from './order-mix.ts';

const FINGERPRINT = Buffer.alloc(32, 1);
const EMPTY = new Uint8Array();

/** Makes commands that place an order of five lines, as command-service decides them, for a queue without gRPC before it. */
export function commandMaker(): () => Command {
  const nextOrder = orderMaker({ lines: 5, hotShare: 0 });
  return () => {
    const request = PlaceOrderRequest.decode(nextOrder());
    const { orderId, customerId, lines } = request;
    return {
      requestId: newId(),
      name: 'PlaceOrder',
      fingerprint: FINGERPRINT,
      actor: 'bench',
      traceparent: '',
      locks: [
        { type: 'customer', id: customerId },
        ...lines.flatMap(({ productId }) => [
          { type: 'product', id: productId } as const,
          { type: 'stock', id: productId } as const,
        ]),
        { type: 'order', id: orderId },
      ],
      decide: (copy) => decide(copy, request),
    };
  };
}

function decide(
  copy: WorkingCopy,
  { orderId, customerId, lines }: PlaceOrderRequest,
): ReturnType<Command['decide']> {
  const placedAt = new Date();
  const decision = placeOrder(copy.read('order', orderId).state, {
    orderId,
    customerId,
    country: 'France',
    placedAt,
    placedOn: placedAt.toISOString().slice(0, 10),
    lines: lines.map(({ productId, quantity }) => ({
      productId,
      productName: 'product',
      quantity,
      unitPriceMinor: 200n,
      currencyCode: 'GBP',
    })),
  });
  if (!decision.accepted) return decision;
  for (const { productId, quantity } of lines) {
    const reserved = reserveStock(copy.read('stock', productId).state, { productId, orderId, quantity });
    if (!reserved.accepted) return reserved;
    copy.record('stock', productId, reserved.events);
  }
  const version = copy.record('order', orderId, decision.events);
  return { accepted: true, aggregateId: orderId, version, answer: EMPTY };
}
