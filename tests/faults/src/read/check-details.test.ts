import { partitionKey, type ContextName, type DomainEvent } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { describe, expect, it } from 'vitest';
import { checkCustomer, firstNameOf, nextNameOf } from './check-customers.ts';
import { checkLooks } from './check-looks.ts';
import type { CustomerShown, Look, ReadEvidence, Recorded, StockShown } from './history.ts';

const nothing = Buffer.alloc(0);
const personalData = { name: nothing, email: nothing, address: nothing };
const price = (amountMinor: bigint) => ({ currencyCode: 'GBP', amountMinor });

/** Events of one aggregate, with a version each, at positions 1, 2, 3 … */
function recorded(
  aggregateType: Recorded['aggregateType'],
  aggregateId: string,
  context: ContextName,
  ...events: readonly DomainEvent[]
) {
  return events.map((event, index): Recorded => {
    const number = BigInt(index + 1);
    const shard = shardOf(aggregateId);
    const of = { aggregateType, aggregateId, context, shard };
    return { ...of, position: number, version: number, time: new Date(0), event };
  });
}

/** What a look breaks whose token asked for one position of every partition and names another. */
function rulesOf(
  journal: readonly Recorded[],
  answer: Look['answer'],
  { owed = 0n, named = 99n, parkedAggregates = 0 } = {},
): readonly string[] {
  const positions = (position: bigint) =>
    new Map(journal.map(({ context, shard }) => [partitionKey(context, shard), position] as const));
  const look: Look = {
    session: 0,
    region: 'eu-west',
    required: positions(owed),
    named: positions(named),
    parkedAggregates,
    sources: [],
    answer,
  };
  const evidence = { journal, looks: [look] };
  // The rules of looks use no other evidence.
  return [...checkLooks(evidence as unknown as ReadEvidence)].map(({ rule }) => rule);
}

const HONOURED = 'tokens are honoured';
const NAMED = 'tokens name what is shown';
const TRUE = 'answers follow from the journal';

describe('the checker of a history', () => {
  const keys = {
    orderId: 'o-1',
    customerId: 'c-1',
    country: 'France',
    currencyCode: 'GBP',
    totalMinor: 200n,
    placedAt: new Date(0),
    placedOn: '1970-01-01',
  };
  const journal = recorded(
    'order',
    'o-1',
    'orders',
    { type: 'OrderPlaced', data: { keys, lines: [] } },
    { type: 'OrderPaid', data: { keys, paymentReference: '', paidAt: undefined } },
  );
  const history = (...types: readonly string[]): Look['answer'] => ({
    kind: 'history',
    orderId: 'o-1',
    shown: types.map((type, index) => ({ version: BigInt(index + 1), type })),
  });

  it('takes every step from the first on, as many as were owed or more', () => {
    expect(rulesOf(journal, history('OrderPlaced', 'OrderPaid'), { owed: 2n })).toEqual([]);
    expect(rulesOf(journal, history('OrderPlaced', 'OrderPaid'), { owed: 1n })).toEqual([]);
    expect(rulesOf(journal, history('OrderPlaced'), { owed: 1n })).toEqual([]);
    expect(rulesOf(journal, { kind: 'history', orderId: 'o-1', shown: undefined })).toEqual([]);
  });

  it('finds a step that is missing, never was, comes twice, or is not named', () => {
    expect(rulesOf(journal, history('OrderPlaced'), { owed: 2n })).toEqual([HONOURED]);
    expect(rulesOf(journal, history('OrderPlaced', 'OrderShipped'))).toEqual([TRUE]);
    expect(rulesOf(journal, history('OrderPlaced', 'OrderPlaced'))).toEqual([TRUE]);
    expect(rulesOf(journal, history('OrderPlaced', 'OrderPaid'), { named: 1n })).toEqual([NAMED]);
  });
});

describe('the checker of products', () => {
  const productId = 'p-1';
  const journal = recorded(
    'product',
    productId,
    'catalog',
    { type: 'ProductCreated', data: { productId, name: 'one', price: price(100n) } },
    { type: 'PriceChanged', data: { productId, oldPrice: price(100n), newPrice: price(120n) } },
  );
  const product = (version: bigint, priceMinor: bigint): Look['answer'] => ({
    kind: 'product',
    productId,
    shown: { version, priceMinor },
  });

  it('takes each price that the product had, from the version on that was owed', () => {
    expect(rulesOf(journal, product(1n, 100n), { owed: 1n })).toEqual([]);
    expect(rulesOf(journal, product(2n, 120n), { owed: 1n })).toEqual([]);
    expect(rulesOf(journal, { kind: 'product', productId, shown: undefined })).toEqual([]);
  });

  it('finds an older version, a price that never was, and a version that is not named', () => {
    expect(rulesOf(journal, product(1n, 100n), { owed: 2n })).toEqual([HONOURED]);
    expect(rulesOf(journal, product(2n, 100n))).toEqual([TRUE]);
    expect(rulesOf(journal, product(3n, 120n))).toEqual([TRUE]);
    expect(rulesOf(journal, product(2n, 120n), { named: 1n })).toEqual([NAMED]);
  });
});

describe('the checker of stock that is asked for together', () => {
  const productId = 'p-1';
  const level = { oldOnHand: 0n, oldReserved: 0n, onHand: 5n, reserved: 0n };
  const journal = recorded('stock', productId, 'inventory', {
    type: 'StockReceived',
    data: { productId, receiptId: 'r', quantity: 5n, level },
  });
  const stocks = (...shown: readonly StockShown[]): Look['answer'] => ({
    kind: 'stocks',
    productIds: [productId],
    shown: new Map(shown.map((one) => [productId, one])),
  });
  const five = { version: 1n, onHand: 5n, reserved: 0n };

  it('looks at each product, and excuses what is missing where something is parked', () => {
    expect(rulesOf(journal, stocks(five), { owed: 1n })).toEqual([]);
    expect(rulesOf(journal, stocks(), { owed: 1n })).toEqual([HONOURED]);
    expect(rulesOf(journal, stocks(), { owed: 1n, parkedAggregates: 1 })).toEqual([]);
    expect(rulesOf(journal, stocks({ ...five, onHand: 6n }), { parkedAggregates: 1 })).toEqual([TRUE]);
  });
});

describe('the checker of personal data', () => {
  const customerId = 'c-1';
  const registered: DomainEvent = {
    type: 'CustomerRegistered',
    data: { customerId, personalData, country: 'France', registeredAt: new Date(0) },
  };
  const updated: DomainEvent = {
    type: 'CustomerUpdated',
    data: { customerId, personalData, country: 'France' },
  };
  const erased: DomainEvent = { type: 'CustomerErased', data: { customerId } };
  const details = (events: readonly DomainEvent[], shown: Partial<CustomerShown>) => {
    const journal = recorded('customer', customerId, 'customers', ...events);
    const whole = {
      version: 1n,
      ordersPlaced: 0n,
      worthMinor: 0n,
      isErased: false,
      personalData: [],
      ...shown,
    };
    const named = new Map([[partitionKey('customers', shardOf(customerId)), 99n]]);
    const known = { customers: new Map([[customerId, journal]]), byCustomer: new Map() };
    const look = { required: new Map(), named, parkedAggregates: 0 };
    // The rules of customers use no more of a look.
    return [...checkCustomer(look as unknown as Look, { customerId, shown: whole }, known)].map(
      ({ detail }) => detail,
    );
  };
  const first = [firstNameOf(customerId)];

  it('takes the name of the version, and nothing once the customer is erased, or the key is gone', () => {
    expect(details([registered], { personalData: first })).toEqual([]);
    expect(details([registered, updated], { version: 2n, personalData: [nextNameOf(customerId)] })).toEqual(
      [],
    );
    expect(details([registered, erased], { version: 2n, isErased: true })).toEqual([]);
    expect(details([registered, erased], { version: 1n, isErased: true })).toEqual([]);
  });

  it.each([
    [
      'a name of another version',
      [registered, updated],
      { version: 2n, personalData: first },
      'was never name',
    ],
    ['no name', [registered], {}, 'was never '],
    [
      'a name once erased',
      [registered, erased],
      { version: 2n, isErased: true, personalData: first },
      'shown as',
    ],
    ['an erasure that is not shown', [registered, erased], { version: 2n }, 'not shown so'],
    ['an erasure that never was', [registered], { isErased: true }, 'was never erased'],
  ])('finds %s', (_what, events, shown, detail) => {
    expect(details(events, shown)).toContainEqual(expect.stringContaining(detail));
  });
});
