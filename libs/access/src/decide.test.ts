import { describe, expect, it } from 'vitest';
import * as contracts from '@meridian/contracts';
import { decideCall } from './decide.ts';
import { METHOD_RULES } from './table.ts';

const GET_CUSTOMER = '/meridian.customers.v1.CustomersQueryService/GetCustomer';
const GET_ORDER = '/meridian.orders.v1.OrdersQueryService/GetOrder';
const PLACE_ORDER = '/meridian.orders.v1.OrdersCommandService/PlaceOrder';
const CANCEL_ORDER = '/meridian.orders.v1.OrdersCommandService/CancelOrder';
const RETURN_ITEMS = '/meridian.orders.v1.OrdersCommandService/ReturnItems';

const anna = { roles: ['customer'], customerId: 'anna' };
const { GetCustomerRequest, GetOrderRequest, GetOrderResponse, PlaceOrderRequest, ReturnItemsRequest } =
  contracts;

const reasonOf = (decision: ReturnType<typeof decideCall>): string =>
  decision.kind === 'denied' ? decision.reason : 'allowed';

describe('the access table', () => {
  it('has every method of every service of the contract, under its path', () => {
    const paths = Object.values(contracts).flatMap((exported) =>
      typeof exported === 'object' && 'fullName' in exported
        ? Object.values(exported.methods).map(({ name }) => `/${exported.fullName}/${name}`)
        : [],
    );
    expect(METHOD_RULES.map(({ path }) => path).sort()).toEqual(paths.sort());
    expect(paths).toContain(GET_ORDER);
  });

  it('denies what it does not know: a method, a role, a caller without one', () => {
    const request = GetOrderRequest.fromPartial({ orderId: 'o' });
    const unknownMethod = '/meridian.orders.v1.OrdersQueryService/GetEverything';
    expect(reasonOf(decideCall(unknownMethod, { roles: ['operator', 'customer'] }, {}))).toBe(
      'METHOD_NOT_ALLOWED',
    );
    for (const roles of [[], ['root'], ['Operator'], ['toString']])
      expect(reasonOf(decideCall(GET_ORDER, { roles }, request))).toBe('METHOD_NOT_ALLOWED');
  });

  it('leaves the day of a return to importers', () => {
    const named = ReturnItemsRequest.fromPartial({ orderId: 'o', returnedAt: new Date(0) });
    const today = ReturnItemsRequest.fromPartial({ orderId: 'o' });
    expect(decideCall(RETURN_ITEMS, { roles: ['warehouse'] }, named)).toMatchObject({
      reason: 'FIELD_NOT_ALLOWED',
      metadata: { field: 'returned_at' },
    });
    expect(decideCall(RETURN_ITEMS, { roles: ['warehouse'] }, today).kind).toBe('allowed');
    expect(decideCall(RETURN_ITEMS, { roles: ['importer'] }, named).kind).toBe('allowed');
  });
});

describe('a customer', () => {
  it('may ask for the own profile only, and learns nothing of another', () => {
    const ask = (customerId: string) =>
      decideCall(GET_CUSTOMER, anna, GetCustomerRequest.fromPartial({ customerId }));
    expect(ask('anna').kind).toBe('allowed');
    expect(ask('ben')).toEqual(ask('nobody'));
    expect(reasonOf(ask('ben'))).toBe('NOT_YOUR_DATA');
    expect(JSON.stringify(ask('ben'))).not.toContain('ben');
  });

  it('is denied when the token names no customer', () => {
    const request = GetCustomerRequest.fromPartial({ customerId: '' });
    expect(reasonOf(decideCall(GET_CUSTOMER, { roles: ['customer'] }, request))).toBe('NOT_YOUR_DATA');
    expect(reasonOf(decideCall(GET_CUSTOMER, { ...anna, customerId: '' }, request))).toBe('NOT_YOUR_DATA');
  });

  it('is shown an order only when the answer names the own id', () => {
    const decision = decideCall(GET_ORDER, anna, GetOrderRequest.fromPartial({ orderId: 'o' }));
    const own = decision.kind === 'allowed' ? decision.own : undefined;
    const of = (customerId: string) => GetOrderResponse.fromPartial({ order: { summary: { customerId } } });
    expect(own?.isOwn?.(of('anna'))).toBe(true);
    expect(own?.isOwn?.(of('ben'))).toBe(false);
    expect(own?.isOwn?.(GetOrderResponse.fromPartial({}))).toBe(false);
    expect(own?.hidden).toEqual({ reason: 'ORDER_NOT_FOUND', message: 'you have no order o' });
  });

  it('leaves it to the command to look whose order it is, with its own id at hand', () => {
    expect(decideCall(CANCEL_ORDER, anna, { orderId: 'o' })).toMatchObject({ own: { customerId: 'anna' } });
  });

  it('may choose neither the price nor the day of an order', () => {
    const place = (more: Parameters<typeof PlaceOrderRequest.fromPartial>[0], roles = ['customer']) =>
      decideCall(
        PLACE_ORDER,
        { ...anna, roles },
        PlaceOrderRequest.fromPartial({ customerId: 'anna', lines: [{}], ...more }),
      );
    const agreed = { lines: [{}, { unitPrice: { amountMinor: 1n } }] };
    expect(place({}).kind).toBe('allowed');
    expect(place(agreed)).toMatchObject({
      reason: 'FIELD_NOT_ALLOWED',
      metadata: { field: 'lines.unit_price' },
    });
    expect(place({ placedAt: new Date(0) })).toMatchObject({ metadata: { field: 'placed_at' } });
    expect(place({ ...agreed, placedAt: new Date(0) }, ['importer']).kind).toBe('allowed');
  });

  it('who also works in the house may do what that role may, about everybody', () => {
    const request = GetCustomerRequest.fromPartial({ customerId: 'ben' });
    const decision = decideCall(GET_CUSTOMER, { ...anna, roles: ['customer', 'finance'] }, request);
    expect(decision).toEqual({ kind: 'allowed' });
  });
});
