import { recorded } from '@meridian/projection/testing';
import type { RecordedEvent } from '@meridian/projection';

const price = (amountMinor: bigint) => ({ currencyCode: 'GBP', amountMinor });

/** A product was added. */
export function created(productId: string, position: bigint, amountMinor = 250n): RecordedEvent {
  const data = { productId, name: `name of ${productId}`, price: price(amountMinor) };
  return recorded(productId, 1n, position, { type: 'ProductCreated', data });
}

/** Its price changed. */
export function repriced(
  productId: string,
  version: bigint,
  position: bigint,
  amountMinor: bigint,
): RecordedEvent {
  const data = { productId, oldPrice: price(1n), newPrice: price(amountMinor) };
  return recorded(productId, version, position, { type: 'PriceChanged', data });
}

/** It was taken off sale. */
export function discontinued(productId: string, version: bigint, position: bigint): RecordedEvent {
  return recorded(productId, version, position, {
    type: 'ProductDiscontinued',
    data: { productId, reason: 'old' },
  });
}
