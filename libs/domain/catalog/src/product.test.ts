import { describe, expect, it } from 'vitest';
import {
  changePrice,
  createProduct,
  discontinueProduct,
  evolveProduct,
  type ProductEvent,
} from './product.ts';

const gbp = (amountMinor: bigint) => ({ currencyCode: 'GBP', amountMinor });
const created: ProductEvent = {
  type: 'ProductCreated',
  data: { productId: 'p', name: 'Lamp', price: gbp(250n) },
};
const discontinued: ProductEvent = {
  type: 'ProductDiscontinued',
  data: { productId: 'p', reason: 'broken' },
};
const given = (...events: ProductEvent[]) =>
  events.reduce<ReturnType<typeof evolveProduct> | undefined>(evolveProduct, undefined);

describe('a product', () => {
  it('is created once', () => {
    const command = { productId: 'p', name: 'Lamp', price: gbp(250n) };
    expect(createProduct(given(), command)).toEqual({ accepted: true, events: [created] });
    expect(createProduct(given(created), command)).toMatchObject({
      accepted: false,
      refusal: { code: 'PRODUCT_EXISTS' },
    });
  });

  it('changes its price, and says what it was', () => {
    expect(changePrice(given(created), { productId: 'p', price: gbp(300n) })).toEqual({
      accepted: true,
      events: [{ type: 'PriceChanged', data: { productId: 'p', oldPrice: gbp(250n), newPrice: gbp(300n) } }],
    });
  });

  it('keeps its currency', () => {
    const price = { currencyCode: 'EUR', amountMinor: 1n };
    expect(changePrice(given(created), { productId: 'p', price })).toMatchObject({
      refusal: { code: 'CURRENCY_MISMATCH' },
    });
  });

  it('is discontinued once, and for good', () => {
    expect(discontinueProduct(given(created), { productId: 'p', reason: 'broken' })).toEqual({
      accepted: true,
      events: [discontinued],
    });
    const state = given(created, discontinued);
    expect(discontinueProduct(state, { productId: 'p', reason: '' })).toMatchObject({
      refusal: { code: 'PRODUCT_DISCONTINUED' },
    });
    expect(changePrice(state, { productId: 'p', price: gbp(1n) })).toMatchObject({
      refusal: { code: 'PRODUCT_DISCONTINUED' },
    });
  });

  it('must exist to be changed', () => {
    expect(changePrice(given(), { productId: 'p', price: gbp(1n) })).toMatchObject({
      refusal: { code: 'PRODUCT_NOT_FOUND' },
    });
    expect(discontinueProduct(given(), { productId: 'p', reason: '' })).toMatchObject({
      refusal: { code: 'PRODUCT_NOT_FOUND' },
    });
  });

  it('has a history that makes sense, or reading it throws', () => {
    expect(() => given(discontinued)).toThrow('without ProductCreated');
    expect(() => given(created, created)).toThrow('cannot follow');
  });
});
