import { partitionKey } from '@meridian/contracts';
import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import type { Attempt, Evidence, Harm, JournalEvent, Outcome, Step, Wish } from './history.ts';

const place = (requestId: string, marker: bigint, quantity = 2n): Wish => ({
  kind: 'place',
  requestId,
  marker,
  orderId: '',
  customerId: 'c',
  lines: [{ productId: 'p', quantity }],
});
const receive = (requestId: string, quantity = 2n): Wish => ({
  kind: 'receive',
  requestId,
  receiptId: requestId,
  productId: 'p',
  quantity,
});
const step = (requestId: string, of: Step, back: bigint[] = []): Wish => ({
  kind: 'step',
  requestId,
  step: of,
  orderId: 'o1',
  totalMinor: 14n,
  back: back.map((quantity) => ({ lineNo: 1, quantity })),
});
const event = (position: bigint, more: Partial<JournalEvent>): JournalEvent => ({
  position,
  shard: 3,
  context: 'inventory',
  aggregateType: 'stock',
  aggregateId: 'p',
  version: 1n,
  type: 'StockReceived',
  recordedAtMs: Number(position) * 10,
  payload: `${position}`,
  ...more,
});
const accepted = (more: Partial<Outcome & { kind: 'accepted' }> = {}): Outcome => ({
  kind: 'accepted',
  aggregateId: 'o1',
  version: 1n,
  replayed: false,
  positions: new Map([
    [partitionKey('inventory', 3), 2n],
    [partitionKey('orders', 5), 3n],
  ]),
  ...more,
});
const attempt = (wish: Wish, outcome: Outcome, sentAtMs = 15, endedAtMs = 35): Attempt => ({
  wish,
  outcome,
  sentAtMs,
  endedAtMs,
  replica: 0,
  reuse: false,
});

const orderEvent = (position: bigint, version: bigint, type: string, mark: string) =>
  event(position, {
    context: 'orders',
    shard: 5,
    aggregateType: 'order',
    aggregateId: 'o1',
    type,
    version,
    mark,
  });
const journal = [
  event(1n, { mark: 'receipt first', received: 2n, level: { onHand: 2n, reserved: 0n } }),
  event(2n, { type: 'StockReserved', version: 2n, level: { onHand: 2n, reserved: 2n } }),
  orderEvent(3n, 1n, 'OrderPlaced', 'price 7'),
];

const short: Outcome = { kind: 'refused', reason: 'INSUFFICIENT_STOCK', shortProducts: ['p'] };
const honest: Evidence = {
  attempts: [
    attempt(place('r1', 7n), accepted()),
    attempt(place('r1', 7n), accepted({ replayed: true }), 40, 50),
    attempt(place('r2', 8n), short, 40, 50),
  ],
  journal,
  published: [
    { topic: 'inventory', partition: 3, position: 1n, payload: '1' },
    { topic: 'inventory', partition: 3, position: 2n, payload: '2' },
    { topic: 'inventory', partition: 3, position: 1n, payload: '1' },
    { topic: 'orders', partition: 5, position: 3n, payload: '3' },
  ],
  stocks: [{ productId: 'p', onHand: 2n, reserved: 2n, version: 2n }],
  verified: [],
  stepsBack: [],
  lateCommits: [{ cutAtMs: 0, atMs: 1, wasAnswered: false }],
  harms: [],
  commits: { groups: 100, retries: 2 },
};

const rulesBroken = (change: Partial<Evidence>) => [
  ...new Set(check({ ...honest, ...change }).map(({ rule }) => rule)),
];

describe('check', () => {
  it('excuses a late COMMIT of a replica that was harmed before it could end the connection', () => {
    const lateCommits = [{ cutAtMs: 10, atMs: 20, wasAnswered: true }];
    const harmed = (kind: Harm['kind'], fromMs: number, untilMs: number) =>
      check({ ...honest, lateCommits, harms: [{ kind, replica: 0, fromMs, untilMs }] }).length === 0;
    expect(harmed('kill-replica', 15, 30)).toBe(true);
    expect(harmed('pause-replica', 5, 12)).toBe(true);
    expect(harmed('stop-replica', 21, 30)).toBe(false);
    expect(harmed('kill-kafka', 15, 30)).toBe(false);
  });

  it('excuses an error only where a fault explains it', () => {
    const broken = (outcome: Partial<Outcome & { kind: 'unknown' }>, harmedReplica: number) =>
      check({
        ...honest,
        attempts: [
          ...honest.attempts,
          attempt(place('r-broken', 77n), { kind: 'unknown', status: 'INTERNAL', ...outcome }, 200, 210),
          attempt(place('r-broken', 77n), short, 220, 230),
        ],
        harms: [{ kind: 'kill-replica', replica: harmedReplica, fromMs: 205, untilMs: 300 }],
      }).map(({ rule }) => rule);
    expect(broken({ status: 'UNAVAILABLE' }, 1)).toEqual([]);
    expect(broken({}, 0)).toEqual([]);
    expect(broken({}, 1)).toEqual(['errors are foreseen']);
    expect(broken({ reason: 'INTERNAL' }, 0)).toEqual(['errors are foreseen']);
  });

  it('finds nothing in an honest history, duplicates in Kafka included', () => {
    expect(check(honest)).toEqual([]);
  });

  it.each<[string, Partial<Evidence>]>([
    ['positions without gaps', { journal: [journal[0], journal[2]].flatMap((one) => one ?? []) }],
    ['versions without gaps', { journal: journal.map((one) => ({ ...one, version: one.version + 1n })) }],
    ['acknowledged is kept', { attempts: [...honest.attempts, attempt(place('r3', 9n), accepted())] }],
    [
      'each command once',
      { journal: [...journal, event(4n, { ...journal[2], position: 4n, aggregateId: 'o2' })] },
    ],
    [
      'refused does nothing',
      { attempts: honest.attempts.slice(2).map((one) => ({ ...one, wish: place('r2', 7n) })) },
    ],
    ['answers are true', { attempts: [attempt(place('r1', 7n), accepted({ aggregateId: 'o9' }))] }],
    [
      'tokens are true',
      {
        attempts: [
          attempt(place('r1', 7n), accepted({ positions: new Map([[partitionKey('orders', 1), 3n]]) })),
        ],
      },
    ],
    ['repeats are marked', { attempts: [...honest.attempts, attempt(place('r1', 7n), accepted(), 60, 70)] }],
    [
      'repeats answer alike',
      {
        attempts: [
          ...honest.attempts,
          attempt(place('r1', 7n), accepted({ version: 2n, replayed: true }), 60, 70),
        ],
      },
    ],
    [
      'repeats are marked',
      {
        // At the same time, so that neither was sent after the other was answered.
        attempts: [...honest.attempts, attempt(place('r1', 7n), accepted(), 16, 34)],
      },
    ],
    [
      'other content is a conflict',
      {
        attempts: [
          ...honest.attempts,
          { ...attempt(place('r1', 7n), accepted({ replayed: true }), 60, 70), reuse: true },
        ],
      },
    ],
    [
      'the same content is no conflict',
      {
        // Nobody knows what became of the first: a COMMIT was cut.
        attempts: [
          attempt(place('r1', 7n), { kind: 'unknown', status: 'UNAVAILABLE' }),
          attempt(place('r1', 7n), { kind: 'conflict' }, 40, 50),
        ],
      },
    ],
    [
      'never oversold',
      { journal: [...journal, event(4n, { version: 3n, level: { onHand: 2n, reserved: 3n } })] },
    ],
    ['state follows events', { stocks: [{ productId: 'p', onHand: 2n, reserved: 1n, version: 2n }] }],
    ['state follows events', { stocks: [] }],
    [
      'the journal verifies',
      {
        verified: [{ kind: 'state-different', subject: 'order/o1', description: 'status is placed' }],
      },
    ],
    ['orders match stock', { attempts: [attempt(place('r1', 7n, 1n), accepted())] }],
    [
      'refusals were true',
      {
        journal: journal.map((one) =>
          one.position === 2n ? { ...one, level: { onHand: 4n, reserved: 2n } } : one,
        ),
      },
    ],
    ['everything is published', { published: honest.published.slice(0, 3) }],
    ['positions rise', { published: honest.published.slice(1) }],
    ['published as recorded', { published: honest.published.map((one) => ({ ...one, payload: 'x' })) }],
    ['cursors rise', { stepsBack: [{ shard: 3, from: 2n, to: 1n }] }],
    ['a late COMMIT comes to nothing', { lateCommits: [{ cutAtMs: 0, atMs: 1, wasAnswered: true }] }],
    [
      'every wish is answered',
      {
        attempts: [
          ...honest.attempts,
          attempt(receive('r-stuck'), { kind: 'unknown', status: 'DEADLINE_EXCEEDED' }, 200, 210),
        ],
      },
    ],
    ['no deadlock storm', { commits: { groups: 100, retries: 60 } }],
  ])('finds a history against "%s"', (rule, change) => {
    expect(rulesBroken(change)).toContain(rule);
  });
});

/** Goods that arrive, beside the order; then it is paid, shipped, and a piece comes back. */
const received = event(4n, {
  version: 3n,
  mark: 'receipt r4',
  received: 2n,
  level: { onHand: 4n, reserved: 2n },
});
const moved = [
  ...journal,
  received,
  orderEvent(5n, 2n, 'OrderPaid', 'pay r5'),
  event(6n, { type: 'StockShipped', version: 4n, level: { onHand: 2n, reserved: 0n } }),
  orderEvent(7n, 3n, 'OrderShipped', 'ship r6'),
  event(8n, { type: 'StockReturned', version: 5n, level: { onHand: 3n, reserved: 0n } }),
  orderEvent(9n, 4n, 'ItemsReturned', 'return r7'),
];
const told = (aggregateId: string, version: bigint, context: 'orders' | 'inventory', position: bigint) =>
  accepted({
    aggregateId,
    version,
    positions: new Map([[partitionKey(context, context === 'orders' ? 5 : 3), position]]),
  });
const refused = (reason: string): Outcome => ({ kind: 'refused', reason, shortProducts: [] });
const life = {
  received: attempt(receive('r4'), told('p', 3n, 'inventory', 4n), 36, 45),
  paid: attempt(step('r5', 'pay'), told('o1', 2n, 'orders', 5n), 46, 55),
  shipped: attempt(step('r6', 'ship'), told('o1', 3n, 'orders', 7n), 56, 75),
  returned: attempt(step('r7', 'return', [1n]), told('o1', 4n, 'orders', 9n), 76, 95),
};
const whole: Evidence = {
  ...honest,
  attempts: [
    ...honest.attempts.slice(0, 1),
    ...Object.values(life),
    attempt(step('r8', 'cancel'), refused('ORDER_STATUS_CONFLICT'), 60, 80),
    attempt(step('r9', 'return', [2n]), refused('RETURN_EXCEEDS_LINE'), 85, 99),
  ],
  journal: moved,
  published: moved.map(({ context, shard: partition, position, payload }) => ({
    topic: context,
    partition,
    position,
    payload,
  })),
  stocks: [{ productId: 'p', onHand: 3n, reserved: 0n, version: 5n }],
};

const rulesOfLife = (change: Partial<Evidence>) => [
  ...new Set(check({ ...whole, ...change }).map(({ rule }) => rule)),
];
/** The history with one more attempt, or with one in place of that of the same wish. */
const withAttempt = (one: Attempt): Partial<Evidence> => ({
  attempts: [...whole.attempts.filter(({ wish }) => wish.requestId !== one.wish.requestId), one],
});
const doubled = (mark: string): Partial<Evidence> => ({
  journal: moved.flatMap((one) => (one.mark === mark ? [one, one] : [one])),
});
/** The history, and one more event of the order with the wish behind it. */
const afterwards = (last: JournalEvent, wish: Wish): Partial<Evidence> => ({
  ...withAttempt(attempt(wish, told('o1', last.version, 'orders', last.position), 100, 110)),
  journal: [...moved, last],
});
const without = (mark: string): Partial<Evidence> => ({ journal: moved.filter((one) => one.mark !== mark) });

describe('check of an order’s life and of goods that arrive', () => {
  it('finds nothing in an honest history', () => {
    expect(check(whole)).toEqual([]);
  });

  it.each<[string, string, Partial<Evidence>]>([
    ['a receipt is lost', 'acknowledged is kept', without('receipt r4')],
    ['a receipt is doubled', 'each command once', doubled('receipt r4')],
    [
      'a receipt is not what arrived',
      'recorded as wanted',
      withAttempt({ ...life.received, wish: receive('r4', 3n) }),
    ],
    [
      'a receipt was refused and is there',
      'refused does nothing',
      withAttempt(attempt(receive('r4'), refused('PRODUCT_NOT_FOUND'), 36, 45)),
    ],
    [
      'a receipt’s version is another',
      'answers are true',
      withAttempt({ ...life.received, outcome: told('p', 4n, 'inventory', 4n) }),
    ],
    [
      'a receipt’s token names another event',
      'tokens are true',
      withAttempt({ ...life.received, outcome: told('p', 3n, 'inventory', 5n) }),
    ],
    [
      'a receipt’s token names nothing',
      'tokens are true',
      withAttempt({
        ...life.received,
        outcome: accepted({ aggregateId: 'p', version: 3n, positions: new Map() }),
      }),
    ],
    ['a payment is lost', 'acknowledged is kept', without('pay r5')],
    ['a payment is doubled', 'each command once', doubled('pay r5')],
    ['a shipment leaves the stock as it was', 'orders match stock', without('ship r6')],
    [
      'a return is more than was booked',
      'orders match stock',
      withAttempt({ ...life.returned, wish: step('r7', 'return', [2n]) }),
    ],
    [
      'goods are booked that nobody received',
      'orders match stock',
      { journal: moved.map((one) => (one.mark === 'receipt first' ? { ...one, received: 3n } : one)) },
    ],
    [
      'a cancellation was refused while the order could be cancelled',
      'refusals were true',
      withAttempt(attempt(step('r8', 'cancel'), refused('ORDER_STATUS_CONFLICT'), 46, 49)),
    ],
    [
      'a return was refused that could have been',
      'refusals were true',
      withAttempt(attempt(step('r9', 'return', [1n]), refused('RETURN_EXCEEDS_LINE'), 99, 110)),
    ],
    [
      'a payment was refused for its amount',
      'refusals were true',
      withAttempt(attempt(step('r5', 'pay'), refused('PAYMENT_AMOUNT_MISMATCH'), 46, 55)),
    ],
    [
      'an order was paid twice',
      'orders move as allowed',
      afterwards(orderEvent(10n, 5n, 'OrderPaid', 'pay r10'), step('r10', 'pay')),
    ],
    [
      'an order was shipped twice',
      'orders move as allowed',
      afterwards(orderEvent(10n, 5n, 'OrderShipped', 'ship r10'), step('r10', 'ship')),
    ],
    [
      'an order was cancelled after it was shipped',
      'orders move as allowed',
      afterwards(orderEvent(10n, 5n, 'OrderCancelled', 'cancel r10'), step('r10', 'cancel')),
    ],
    [
      'an order was placed twice',
      'orders move as allowed',
      afterwards(orderEvent(10n, 5n, 'OrderPlaced', 'price 10'), place('r10', 10n)),
    ],
    [
      'more pieces came back than were ordered',
      'orders move as allowed',
      afterwards(orderEvent(10n, 5n, 'ItemsReturned', 'return r10'), step('r10', 'return', [2n])),
    ],
  ])('finds that %s', (_, rule, change) => {
    expect(rulesOfLife(change)).toContain(rule);
  });

  it('lets the last piece of a line come back', () => {
    const back = orderEvent(10n, 5n, 'ItemsReturned', 'return r10');
    expect(rulesOfLife(afterwards(back, step('r10', 'return', [1n])))).not.toContain(
      'orders move as allowed',
    );
  });
});
