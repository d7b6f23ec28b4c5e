import type { EventOf } from '@meridian/contracts';
import { accept, refuse, type Amount, type Decision } from '@meridian/kernel';

/** A product as the rules see it. */
export interface Product {
  readonly productId: string;
  readonly name: string;
  /** The price of one piece. */
  readonly price: Amount;
  readonly discontinued: boolean;
}

/** The events of a product. */
export type ProductEvent = EventOf<'ProductCreated' | 'PriceChanged' | 'ProductDiscontinued'>;

/** Adds a product. Refused when its id is taken: PRODUCT_EXISTS. */
export function createProduct(
  state: Product | undefined,
  command: { readonly productId: string; readonly name: string; readonly price: Amount },
): Decision<ProductEvent> {
  const { productId, name, price } = command;
  if (state) return refuse('already-exists', 'PRODUCT_EXISTS', `product ${productId} exists already`);
  return accept({ type: 'ProductCreated', data: { productId, name, price } });
}

/** Sets the price. Refused for an unknown or discontinued product, and for another currency than the product's. */
export function changePrice(
  state: Product | undefined,
  command: { readonly productId: string; readonly price: Amount },
): Decision<ProductEvent> {
  const { productId, price } = command;
  if (!state) return productNotFound(productId);
  if (state.discontinued) return productDiscontinued(productId);
  const { currencyCode } = state.price;
  if (price.currencyCode !== currencyCode) {
    return refuse(
      'failed-precondition',
      'CURRENCY_MISMATCH',
      `product ${productId} is priced in ${currencyCode}, not in ${price.currencyCode}`,
    );
  }
  return accept({ type: 'PriceChanged', data: { productId, oldPrice: state.price, newPrice: price } });
}

/** Takes a product off sale permanently. Refused for an unknown product and for a product that is off sale already. */
export function discontinueProduct(
  state: Product | undefined,
  command: { readonly productId: string; readonly reason: string },
): Decision<ProductEvent> {
  const { productId, reason } = command;
  if (!state) return productNotFound(productId);
  if (state.discontinued) return productDiscontinued(productId);
  return accept({ type: 'ProductDiscontinued', data: { productId, reason } });
}

/** The product after one of its events. Throws when the event cannot follow the state: the journal would be broken. */
export function evolveProduct(state: Product | undefined, event: ProductEvent): Product {
  if (event.type === 'ProductCreated') {
    const { productId, name, price } = event.data;
    if (state || !price) throw new Error(`ProductCreated cannot follow for product ${productId}`);
    return { productId, name, price, discontinued: false };
  }
  if (!state) throw new Error(`${event.type} without ProductCreated for product ${event.data.productId}`);
  if (event.type === 'ProductDiscontinued') return { ...state, discontinued: true };
  const { newPrice } = event.data;
  if (!newPrice) throw new Error(`PriceChanged without a price for product ${state.productId}`);
  return { ...state, price: newPrice };
}

/** The refusal for a product that does not exist. */
export function productNotFound(productId: string): ReturnType<typeof refuse> {
  return refuse('not-found', 'PRODUCT_NOT_FOUND', `there is no product ${productId}`);
}

/** The refusal for a product that is no longer sold. */
export function productDiscontinued(productId: string): ReturnType<typeof refuse> {
  return refuse('failed-precondition', 'PRODUCT_DISCONTINUED', `product ${productId} is no longer sold`);
}
