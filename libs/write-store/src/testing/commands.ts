import type { DomainEvent } from '@meridian/contracts';
import { createProduct as decideProduct } from '@meridian/domain-catalog';
import { registerCustomer as decideCustomer } from '@meridian/domain-customers';
import { receiveStock as decideReceipt, reserveStock } from '@meridian/domain-inventory';
import { payOrder as decidePayment, placeOrder as decideOrder } from '@meridian/domain-orders';
import { refuse, type Decision } from '@meridian/kernel';
import { createHash, randomUUID } from 'node:crypto';
import type { AggregateRef } from '../command/aggregates.ts';
import type { Command, CommandDecision, WorkingCopy } from '../command/command.ts';

/** When everything happens. */
export const NOW = new Date('2026-03-01T10:00:00Z');
const ACCEPTED = Buffer.from('answer');

/** A command with a request id of its own and the fingerprint of its content. */
export function command(
  name: string,
  content: unknown,
  locks: readonly AggregateRef[],
  decide: (copy: WorkingCopy) => CommandDecision,
): Command {
  const text = JSON.stringify([name, content], (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  const fingerprint = createHash('sha256').update(text).digest();
  return {
    requestId: randomUUID(),
    name,
    fingerprint,
    actor: 'test',
    traceparent: '',
    locks,
    decide,
  };
}

/** Records what was decided of one aggregate, and accepts. */
export function recordAll(
  copy: WorkingCopy,
  ref: AggregateRef,
  decision: Decision<DomainEvent>,
): CommandDecision {
  if (!decision.accepted) return decision;
  const version = copy.record(ref.type, ref.id, decision.events);
  return { accepted: true, aggregateId: ref.id, version, answer: ACCEPTED };
}

/** Adds a product at a price of 1.00 GBP. */
export function createProduct(productId: string): Command {
  const ref: AggregateRef = { type: 'product', id: productId };
  const price = { currencyCode: 'GBP', amountMinor: 100n };
  return command('CreateProduct', productId, [ref], (copy) =>
    recordAll(
      copy,
      ref,
      decideProduct(copy.read('product', productId).state, { productId, name: 'Tea', price }),
    ),
  );
}

/** Registers a customer. */
export function registerCustomer(customerId: string): Command {
  const ref: AggregateRef = { type: 'customer', id: customerId };
  const personalData = { name: Buffer.from('sealed'), email: Buffer.alloc(0), address: Buffer.alloc(0) };
  return command('RegisterCustomer', customerId, [ref], (copy) =>
    recordAll(
      copy,
      ref,
      decideCustomer(copy.read('customer', customerId).state, {
        customerId,
        personalData,
        country: 'France',
        registeredAt: NOW,
      }),
    ),
  );
}

/** Books a goods receipt once. */
export function receiveStock(productId: string, quantity: bigint, receiptId: string = randomUUID()): Command {
  const ref: AggregateRef = { type: 'stock', id: productId };
  const locks: AggregateRef[] = [{ type: 'product', id: productId }, ref];
  const base = command('ReceiveStock', [productId, quantity, receiptId], locks, (copy) => {
    if (!copy.claimReceipt(receiptId, productId))
      return refuse('already-exists', 'RECEIPT_EXISTS', 'booked before');
    const state = copy.read('stock', productId).state;
    return recordAll(copy, ref, decideReceipt(state, { productId, receiptId, quantity }));
  });
  return { ...base, receiptIds: [receiptId] };
}

/** Places an order of some pieces of each product. */
export function placeOrder(
  orderId: string,
  customerId: string,
  products: readonly (readonly [string, bigint])[],
): Command {
  const ref: AggregateRef = { type: 'order', id: orderId };
  const locks: AggregateRef[] = [
    { type: 'customer', id: customerId },
    ...products.flatMap(([id]): AggregateRef[] => [
      { type: 'product', id },
      { type: 'stock', id },
    ]),
    ref,
  ];
  return command('PlaceOrder', [orderId, customerId, products], locks, (copy) => {
    const customer = copy.read('customer', customerId).state;
    if (!customer) return refuse('not-found', 'CUSTOMER_NOT_FOUND', 'no such customer');
    const lines = products.map(([productId, quantity]) => ({
      productId,
      productName: 'Tea',
      quantity,
      unitPriceMinor: 100n,
      currencyCode: 'GBP',
    }));
    const placed = decideOrder(copy.read('order', orderId).state, {
      orderId,
      customerId,
      country: customer.country,
      placedAt: NOW,
      placedOn: '2026-03-01',
      lines,
    });
    // Reserves first, so that a refusal has something to undo.
    for (const [productId, quantity] of products) {
      const reserved = reserveStock(copy.read('stock', productId).state, { productId, orderId, quantity });
      if (!reserved.accepted) return reserved;
      copy.record('stock', productId, reserved.events);
    }
    return recordAll(copy, ref, placed);
  });
}

/** Pays an order in full. */
export function payOrder(orderId: string, amountMinor: bigint): Command {
  const ref: AggregateRef = { type: 'order', id: orderId };
  return command('PayOrder', [orderId, amountMinor], [ref], (copy) => {
    const amount = { currencyCode: 'GBP', amountMinor };
    const payment = { orderId, amount, paymentReference: 'p', paidAt: NOW };
    return recordAll(copy, ref, decidePayment(copy.read('order', orderId).state, payment));
  });
}
