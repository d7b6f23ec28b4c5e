import type { PlannedOrder } from './plan.ts';
import { blockOf, type PlannedReceipt } from './plan-receipts.ts';

/**
 * What the services refused among the things that orders need. An order that needs a refused thing is not sent, because
 * an order is accepted as a whole or not at all.
 */
export interface Refusals {
  product(productId: string, reason: string | undefined): void;
  receipt(receipt: PlannedReceipt, reason: string | undefined): void;
  customer(customerId: string, reason: string | undefined): void;
  /** An order, by its id in its replay. */
  order(orderId: string, reason: string): void;
  hasProduct(productId: string): boolean;
  /** Why something that an order of a replay needs is missing; undefined when nothing is missing. */
  against(order: PlannedOrder, replay: number): string | undefined;
  ofOrder(orderId: string): string | undefined;
}

/** Remembers refusals; an undefined reason means that there was no refusal. */
export function createRefusals(): Refusals {
  const reasons = new Map<string, string>();
  const remember = (what: string, reason: string | undefined) => {
    if (reason !== undefined) reasons.set(what, reason);
  };
  return {
    product: (productId, reason) => remember(`product/${productId}`, reason),
    receipt: ({ productId, block }, reason) => remember(`goods/${block.name}/${productId}`, reason),
    customer: (customerId, reason) => remember(`customer/${customerId}`, reason),
    order: (orderId, reason) => remember(`order/${orderId}`, reason),
    hasProduct: (productId) => reasons.has(`product/${productId}`),
    against({ customerId, lines }, replay) {
      const needs = [
        `customer/${customerId}`,
        ...lines.flatMap(({ stockCode }) => [
          `product/${stockCode}`,
          `goods/${blockOf(replay).name}/${stockCode}`,
        ]),
      ];
      return needs.map((need) => reasons.get(need)).find((reason) => reason !== undefined);
    },
    ofOrder: (orderId) => reasons.get(`order/${orderId}`),
  };
}
