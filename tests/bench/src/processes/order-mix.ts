import { PlaceOrderRequest } from '@meridian/contracts';
import { newId } from '@meridian/kernel';
import { CUSTOMERS, customerId, PRODUCTS, productId } from '../system/fixture.ts';

/** Which orders to place. */
export interface OrderMix {
  readonly lines: number;
  /** The share of lines on the ten hottest products; 0 spreads all lines evenly. */
  readonly hotShare: number;
}

const HOT_PRODUCTS = 10;

/** Makes encoded PlaceOrder requests, each with new ids and distinct products. */
export function orderMaker({ lines, hotShare }: OrderMix): () => Buffer {
  const random = Math.random;
  const pick = () =>
    random() < hotShare ? Math.floor(random() * HOT_PRODUCTS) : Math.floor(random() * PRODUCTS);
  return () => {
    const products = new Set<number>();
    while (products.size < lines) products.add(pick());
    const request: PlaceOrderRequest = {
      requestId: newId(),
      orderId: newId(),
      customerId: customerId(Math.floor(random() * CUSTOMERS)),
      lines: [...products].map((index) => ({
        productId: productId(index),
        quantity: 1n,
        unitPrice: undefined,
      })),
      placedAt: undefined,
    };
    return Buffer.from(PlaceOrderRequest.encode(request).finish());
  };
}
