import type { DomainEvent, OrderKeys } from '@meridian/contracts';
import type { RecordedEvent } from '@meridian/projection';
import { recorded } from '@meridian/projection/testing';
import type { SealedData } from '@meridian/sealing';

/** Events as the journal has them, at rising positions from 1. */
export interface Journal {
  record(aggregateId: string, version: bigint, event: DomainEvent): RecordedEvent;
}

/** An empty journal. */
export function openJournal(): Journal {
  let position = 0n;
  return {
    record(aggregateId, version, event) {
      position += 1n;
      return recorded(aggregateId, version, position, event);
    },
  };
}

const price = { currencyCode: 'GBP', amountMinor: 250n };

/** A product was added. */
export function productCreated(journal: Journal, productId: string): RecordedEvent {
  return journal.record(productId, 1n, {
    type: 'ProductCreated',
    data: { productId, name: `name of ${productId}`, price },
  });
}

/** A product's price changed. */
export function priceChanged(
  journal: Journal,
  productId: string,
  version: bigint,
  amountMinor: bigint,
): RecordedEvent {
  const data = { productId, oldPrice: price, newPrice: { ...price, amountMinor } };
  return journal.record(productId, version, { type: 'PriceChanged', data });
}

/** The first goods of a product arrived. */
export function stockReceived(journal: Journal, productId: string, quantity: bigint): RecordedEvent {
  const level = { oldOnHand: 0n, oldReserved: 0n, onHand: quantity, reserved: 0n };
  const data = { productId, receiptId: `receipt-${productId}`, quantity, level };
  return journal.record(productId, 1n, { type: 'StockReceived', data });
}

/** A customer was registered. */
export function customerRegistered(
  journal: Journal,
  customerId: string,
  personalData: SealedData,
): RecordedEvent {
  const data = {
    customerId,
    personalData,
    country: 'France',
    registeredAt: new Date('2026-01-01T00:00:00Z'),
  };
  return journal.record(customerId, 1n, { type: 'CustomerRegistered', data });
}

const keysOf = (orderId: string, customerId: string): OrderKeys => ({
  orderId,
  customerId,
  country: 'France',
  currencyCode: 'GBP',
  placedAt: new Date('2026-03-04T10:00:00Z'),
  placedOn: '2026-03-04',
  totalMinor: 500n,
});

const LINE = {
  lineNo: 1,
  productId: 'P1',
  productName: 'name of P1',
  quantity: 2n,
  unitPriceMinor: 250n,
};

/** An order of two pieces at 2.50 GBP was placed on 2026-03-04. */
export function orderPlaced(journal: Journal, orderId: string, customerId: string): RecordedEvent {
  const data = { keys: keysOf(orderId, customerId), lines: [LINE] };
  return journal.record(orderId, 1n, { type: 'OrderPlaced', data });
}

/** It was paid. */
export function orderPaid(journal: Journal, orderId: string, customerId: string): RecordedEvent {
  const paidAt = new Date('2026-03-05T10:00:00Z');
  const data = { keys: keysOf(orderId, customerId), paymentReference: 'pay-1', paidAt };
  return journal.record(orderId, 2n, { type: 'OrderPaid', data });
}

/** It was cancelled. */
export function orderCancelled(journal: Journal, orderId: string, customerId: string): RecordedEvent {
  const when = { cancelledAt: new Date('2026-03-05T11:00:00Z'), cancelledOn: '2026-03-05' };
  const data = {
    keys: keysOf(orderId, customerId),
    reason: 'changed mind',
    lines: [],
    refundMinor: 0n,
    ...when,
  };
  return journal.record(orderId, 2n, { type: 'OrderCancelled', data });
}

/** One of its two pieces came back. */
export function itemReturned(
  journal: Journal,
  orderId: string,
  version: bigint,
  customerId: string,
): RecordedEvent {
  const when = { returnedAt: new Date('2026-03-06T10:00:00Z'), returnedOn: '2026-03-06' };
  const lines = [{ ...LINE, quantity: 1n }];
  const data = { keys: keysOf(orderId, customerId), lines, refundMinor: 250n, reason: 'broken', ...when };
  return journal.record(orderId, version, { type: 'ItemsReturned', data });
}
