import { partitionKey, type DomainEvent, type OrderKeys } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { describe, expect, it } from 'vitest';
import { firstNameOf } from './check-customers.ts';
import { check } from './check.ts';
import type { Look, ReadEvidence, Recorded, Rows, Source, Watched } from './history.ts';
import { expectedRows } from './oracle/expected-rows.ts';

const DAY = '2026-11-23';
const ORDER = 'o-1';
const PLACE = partitionKey('orders', shardOf(ORDER));
const STOCK = partitionKey('inventory', shardOf('p-1'));
const CUSTOMER = 'c-1';

const keys: OrderKeys = {
  orderId: ORDER,
  customerId: CUSTOMER,
  country: 'France',
  currencyCode: 'GBP',
  totalMinor: 200n,
  placedAt: new Date(`${DAY}T12:00:00Z`),
  placedOn: DAY,
};
const line = {
  lineNo: 1,
  productId: 'p-1',
  productName: 'one',
  quantity: 2n,
  unitPriceMinor: 100n,
};

const OF = {
  order: { aggregateId: ORDER, context: 'orders', aggregateType: 'order' },
  stock: { aggregateId: 'p-1', context: 'inventory', aggregateType: 'stock' },
  customer: { aggregateId: CUSTOMER, context: 'customers', aggregateType: 'customer' },
} as const;

function recorded(position: bigint, version: bigint, event: DomainEvent): Recorded {
  const { type } = event;
  const of = OF[type.startsWith('Stock') ? 'stock' : type.startsWith('Customer') ? 'customer' : 'order'];
  const shard = shardOf(of.aggregateId);
  return { ...of, position, version, event, shard, time: new Date(Number(position) * 1_000) };
}

const nothing = Buffer.alloc(0);
const NOTHING_SEALED = { name: nothing, email: nothing, address: nothing };

const level = (oldOnHand: bigint, oldReserved: bigint, onHand: bigint, reserved: bigint) => ({
  oldOnHand,
  oldReserved,
  onHand,
  reserved,
});
const journal: readonly Recorded[] = [
  recorded(1n, 1n, {
    type: 'StockReceived',
    data: { productId: 'p-1', receiptId: 'r', quantity: 12n, level: level(0n, 0n, 12n, 0n) },
  }),
  recorded(2n, 1n, { type: 'OrderPlaced', data: { keys, lines: [line] } }),
  recorded(3n, 2n, {
    type: 'StockReserved',
    data: { productId: 'p-1', orderId: ORDER, quantity: 3n, level: level(12n, 0n, 12n, 3n) },
  }),
  recorded(4n, 2n, { type: 'OrderPaid', data: { keys, paymentReference: '', paidAt: undefined } }),
  recorded(5n, 3n, {
    type: 'ItemsReturned',
    data: { keys, lines: [line], refundMinor: 100n, reason: '', returnedAt: undefined, returnedOn: DAY },
  }),
  recorded(6n, 1n, {
    type: 'CustomerRegistered',
    data: {
      customerId: CUSTOMER,
      personalData: NOTHING_SEALED,
      country: 'France',
      registeredAt: keys.placedAt,
    },
  }),
];

const tables = expectedRows(journal);
const names = tables.map(({ name }) => name);

/** What both regions hold; `change` gives other rows for one table of the second region. */
function regionsWith(changedTable?: string, change: (rows: Rows) => Rows = (rows) => rows) {
  return ['eu-west', 'us-east'].map((region) => ({
    region,
    tables: tables.map(({ name: table, rows }) => ({
      table,
      generation: 1,
      rows: table === changedTable && region === 'us-east' ? change(rows) : rows,
    })),
  }));
}

function evidence(changes: Partial<ReadEvidence> = {}): ReadEvidence {
  const asked = { looks: [], watches: [], parks: true, refusedAsParked: [] };
  return { journal, ...asked, regions: regionsWith(), tables: names, behind: [], ...changes };
}

const rulesOf = (changes: Partial<ReadEvidence>) => [
  ...new Set(check(evidence(changes)).map(({ rule }) => rule)),
];

const source = (position: bigint, region = 'us-east', fallback = false): Source => ({
  region,
  fallback,
  position,
});

function look(
  answer: Look['answer'],
  required: bigint,
  named: bigint,
  session = 0,
  parkedAggregates = 0,
): Look {
  const positions = (position: bigint) =>
    new Map([
      [PLACE, position],
      [STOCK, position],
      [partitionKey('customers', shardOf(CUSTOMER)), position],
    ]);
  const seen = { required: positions(required), named: positions(named) };
  return { session, region: 'us-east', ...seen, parkedAggregates, sources: [source(required)], answer };
}

function order(version: bigint, status: string, returnedMinor = 0n): Look['answer'] {
  const shown = { orderId: ORDER, version, status, totalMinor: 200n, returnedMinor, steps: Number(version) };
  return { kind: 'order', orderId: ORDER, shown };
}

function sales(ordersPlaced: bigint, returnedMinor: bigint): Look['answer'] {
  const day = { day: DAY, country: 'France', currency: 'GBP', ordersPlaced, ordersCancelled: 0n };
  const shown = [{ ...day, placedMinor: ordersPlaced * 200n, cancelledMinor: 0n, returnedMinor }];
  return { kind: 'sales', shown };
}

const stock = (version: bigint, reserved: bigint): Look['answer'] => ({
  kind: 'stock',
  productId: 'p-1',
  shown: { version, onHand: 12n, reserved },
});

function customer(ordersPlaced: bigint, worthMinor: bigint, version = 1n): Look['answer'] {
  const shown = { version, ordersPlaced, worthMinor, isErased: false, personalData: [firstNameOf(CUSTOMER)] };
  return { kind: 'customer', customerId: CUSTOMER, shown };
}

describe('the checker of rows', () => {
  it('finds nothing where every region is what the journal comes to', () => {
    expect(check(evidence())).toEqual([]);
  });

  it.each(names)('finds a row of %s that is missing in one region', (table) => {
    const violations = check(evidence({ regions: regionsWith(table, () => new Map()) }));
    const missing = tables.find(({ name }) => name === table)?.rows.size ?? 0;
    expect(violations).toHaveLength(missing);
    expect(violations.every(({ rule }) => rule === 'rows equal the journal')).toBe(true);
  });

  it('finds a row that should have gone, a wrong cell, and a table that is not there', () => {
    const stale: Rows = new Map([['2 | p-1', {}]]);
    expect(
      check(evidence({ regions: regionsWith('stock_by_band', (rows) => new Map([...rows, ...stale])) })),
    ).toEqual([{ rule: 'rows equal the journal', detail: expect.stringContaining('should not be there') }]);
    const doubled = (rows: Rows): Rows =>
      new Map([...rows].map(([key, row]) => [key, { ...row, orders_placed: '2' }]));
    expect(check(evidence({ regions: regionsWith('daily_sales', doubled) }))).toEqual([
      {
        rule: 'rows equal the journal',
        detail: expect.stringContaining('orders_placed is 2, not 1'),
      },
    ]);
    const without = regionsWith().map((one) => ({ ...one, tables: one.tables.slice(1) }));
    expect(rulesOf({ regions: without })).toEqual(['rows equal the journal']);
  });

  it('adds late shares of totals up, and finds one that is there twice', () => {
    const shared = (late: string) =>
      regionsWith('daily_sales', (rows) => {
        const [[key = '', row = {}] = []] = rows;
        const own = { ...row, returned_minor: '0' };
        const share = {
          ...row,
          kafka_partition: '24',
          orders_placed: '0',
          placed_minor: '0',
          returned_minor: late,
        };
        return new Map([
          [key, own],
          [`${key} late`, share],
        ]);
      });
    expect(check(evidence({ regions: shared('100') }))).toEqual([]);
    expect(check(evidence({ regions: shared('200') }))).toEqual([
      { rule: 'rows equal the journal', detail: expect.stringContaining('returned_minor is 200, not 100') },
    ]);
  });

  it('finds a read model that never caught up', () => {
    expect(rulesOf({ behind: ['sales in us-east'] })).toEqual(['everything is applied']);
  });

  it('moves a product to the band of its last event only', () => {
    const band = tables.find(({ name }) => name === 'stock_by_band');
    expect([...(band?.rows.keys() ?? [])]).toEqual(['1 | p-1']);
  });
});

describe('the checker of answers', () => {
  it('takes answers that show what was owed, or more, and no more than they name', () => {
    const looks = [
      look(order(1n, 'placed'), 2n, 2n),
      look(order(3n, 'paid', 100n), 4n, 5n),
      look(sales(1n, 0n), 2n, 4n),
      look(sales(1n, 100n), 4n, 5n),
      look(stock(2n, 3n), 1n, 3n),
      look({ kind: 'order', orderId: ORDER, shown: undefined }, 1n, 1n, 1),
      look({ kind: 'customer-orders', customerId: 'c-1', shown: [] }, 1n, 1n, 1),
      look({ kind: 'customer', customerId: CUSTOMER, shown: undefined }, 5n, 5n, 1),
      // The order as it was owed, and as the later event left it.
      look(customer(1n, 200n), 4n, 6n),
      look(customer(1n, 100n), 4n, 6n),
    ];
    expect(check(evidence({ looks }))).toEqual([]);
  });

  it.each([
    ['an order that is older', look(order(1n, 'placed'), 4n, 4n)],
    ['an order that is not there', look({ kind: 'order', orderId: ORDER, shown: undefined }, 2n, 2n)],
    ['a stock that is older', look(stock(1n, 0n), 3n, 3n)],
    ['a list without it', look({ kind: 'customer-orders', customerId: 'c-1', shown: [] }, 2n, 2n)],
    ['a sum without it', look(sales(1n, 0n), 5n, 5n)],
    [
      'a customer that is not there',
      look({ kind: 'customer', customerId: CUSTOMER, shown: undefined }, 6n, 6n),
    ],
    ['a number of orders without it', look(customer(0n, 200n), 4n, 6n)],
    ['a worth without it', look(customer(1n, 0n), 4n, 6n)],
    ['a worth before a return', look(customer(1n, 200n), 5n, 6n)],
  ])('finds %s than the token names', (_, one) => {
    expect(rulesOf({ looks: [one] })).toEqual(['tokens are honoured']);
  });

  it.each([
    ['an order', look(order(2n, 'paid'), 0n, 3n)],
    ['a stock', look(stock(2n, 3n), 0n, 2n)],
    ['a sum', look(sales(1n, 100n), 0n, 4n)],
    ['a customer', look(customer(1n, 200n), 0n, 5n)],
    ['a number of orders', look(customer(2n, 200n), 0n, 6n)],
    ['a worth', look(customer(1n, 300n), 0n, 6n)],
  ])('finds %s that shows more than its token names', (_, one) => {
    expect(rulesOf({ looks: [one] })).toEqual(['tokens name what is shown']);
  });

  it.each([
    ['a state that never was', look(order(2n, 'shipped'), 0n, 9n)],
    ['a refund before its event', look(order(2n, 'paid', 100n), 0n, 9n)],
    ['a version that never was', look(order(4n, 'paid', 100n), 0n, 9n)],
    ['a level that never was', look(stock(2n, 4n), 0n, 9n)],
    ['a customer’s version that never was', look(customer(1n, 100n, 2n), 0n, 9n)],
  ])('finds %s', (_, one) => {
    expect(rulesOf({ looks: [one] })).toContain('answers follow from the journal');
  });

  it('finds another customer’s order in a list, an order that is listed twice, and a day that is', () => {
    const one = { orderId: ORDER, version: 3n, status: 'paid', totalMinor: 200n };
    const list = (customerId: string, ...shown: readonly (typeof one)[]): Look['answer'] => ({
      kind: 'customer-orders',
      customerId,
      shown,
    });
    const day = sales(1n, 100n);
    const twice: Look['answer'] =
      day.kind === 'sales' ? { ...day, shown: [...day.shown, ...day.shown] } : day;
    expect(rulesOf({ looks: [look(list(CUSTOMER, one), 5n, 5n)] })).toEqual([]);
    for (const answer of [list('c-2', one), list(CUSTOMER, one, one), twice])
      expect(rulesOf({ looks: [look(answer, 5n, 5n)] })).toEqual(['answers follow from the journal']);
  });

  const WHERE = ['answers say where they come from'];

  it('takes an answer of another region that is marked, and rows that are ahead of the progress', () => {
    const fallback = { ...look(sales(1n, 100n), 5n, 5n), sources: [source(5n, 'eu-west', true)] };
    const ahead = { ...look(order(3n, 'paid', 100n), 5n, 5n), sources: [source(2n)] };
    expect(rulesOf({ looks: [fallback, ahead] })).toEqual([]);
  });

  it.each([
    ['another region’s answer that is not marked', source(5n, 'eu-west')],
    ['an answer that is marked and of the region itself', source(5n, 'us-east', true)],
    ['a position before what the question had to wait for', source(4n)],
    ['a position that the journal does not have', source(7n)],
  ])('finds %s, on any page', (_, wrong) => {
    const one = { ...look(sales(1n, 100n), 5n, 5n), sources: [source(5n), wrong] };
    expect(rulesOf({ looks: [one] })).toEqual(WHERE);
  });

  it('takes lists and sums that say of how many aggregates something is parked, and not an order', () => {
    const besideParked = (answer: Look['answer']) => look(answer, 5n, 5n, 0, 1);
    const list = besideParked({ kind: 'customer-orders', customerId: 'c-1', shown: [] });
    const looks = [list, besideParked(sales(1n, 0n)), look(customer(0n, 0n), 6n, 6n, 0, 1)];
    expect(check(evidence({ looks }))).toEqual([]);
    expect(rulesOf({ looks: [besideParked(order(1n, 'placed'))] })).toEqual(['tokens are honoured']);
  });

  it('finds what is counted or refused as parked where no fault parks anything', () => {
    const counted = { looks: [look(sales(1n, 100n), 5n, 5n, 0, 1)] };
    const refused = { refusedAsParked: [{ kind: 'order' as const, orderId: ORDER }] };
    for (const seen of [counted, refused]) {
      expect(rulesOf(seen)).toEqual([]);
      expect(rulesOf({ ...seen, parks: false })).toEqual(['nothing is parked without a reason']);
    }
  });

  it('finds a session that sees time go back, and none between two sessions', () => {
    const back = (session: number) => [
      look(order(2n, 'paid'), 0n, 4n),
      look(order(1n, 'placed'), 0n, 4n, session),
    ];
    expect(rulesOf({ looks: back(0) })).toEqual(['reads never go back']);
    expect(rulesOf({ looks: back(1) })).toEqual([]);
  });
});

describe('the checker of watches', () => {
  const push = (version: bigint, status: string, named: bigint, returnedMinor = 0n) => ({
    shown: {
      orderId: ORDER,
      version,
      status,
      totalMinor: 200n,
      returnedMinor,
      steps: Number(version),
    },
    named: new Map([[PLACE, named]]),
    source: source(named),
    wave: 0,
  });
  const watch = (...pushes: Watched['pushes']): Watched => ({
    region: 'us-east',
    orderId: ORDER,
    pushes,
  });
  const last = push(3n, 'paid', 5n, 100n);

  it('takes pushes that rise and end at the last version, with versions left out between', () => {
    const whole = watch(push(1n, 'placed', 2n), push(2n, 'paid', 4n), last);
    expect(check(evidence({ watches: [whole, watch(last)] }))).toEqual([]);
  });

  it.each([
    ['a version twice', watch(last, last), 'watches rise'],
    [
      'a version after a newer one',
      watch(push(2n, 'paid', 4n), push(1n, 'placed', 2n), last),
      'watches rise',
    ],
    ['the last version missing', watch(push(1n, 'placed', 2n)), 'watches end at the last version'],
    ['nothing at all', watch(), 'watches end at the last version'],
    ['an end by itself', { ...watch(last), failure: 'NOT_FOUND' }, 'watches end at the last version'],
    ['a state that never was', watch(push(2n, 'shipped', 4n), last), 'answers follow from the journal'],
    [
      'a push of another region that is not marked',
      watch({ ...last, source: source(5n, 'eu-west') }),
      'answers say where they come from',
    ],
    ['a push that its token does not name', watch(push(2n, 'paid', 3n), last), 'tokens name what is shown'],
  ])('finds %s', (_, one, rule) => {
    expect(rulesOf({ watches: [one] })).toEqual([rule]);
  });
});
