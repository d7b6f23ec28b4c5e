import { partitionKey } from '@meridian/contracts';
import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import type { Attempt, Evidence, JournalEvent, Outcome, Wish } from './history.ts';

const place = (requestId: string, marker: bigint, quantity = 2n): Wish => ({
  ...{ kind: 'place', requestId, marker, orderId: '', customerId: 'c' },
  lines: [{ productId: 'p', quantity }],
});
const event = (position: bigint, more: Partial<JournalEvent>): JournalEvent => ({
  ...{ position, shard: 3, context: 'inventory', aggregateType: 'stock', aggregateId: 'p', version: 1n },
  ...{ type: 'StockReceived', recordedAtMs: Number(position) * 10, payload: `${position}` },
  ...more,
});
const accepted = (more: Partial<Outcome & { kind: 'accepted' }> = {}): Outcome => ({
  ...{ kind: 'accepted', aggregateId: 'o1', version: 1n, replayed: false },
  positions: new Map([
    [partitionKey('inventory', 3), 2n],
    [partitionKey('orders', 5), 3n],
  ]),
  ...more,
});
const attempt = (wish: Wish, outcome: Outcome, sentAtMs = 15, endedAtMs = 35): Attempt => ({
  ...{ wish, outcome, sentAtMs, endedAtMs, replica: 0, reuse: false },
});

const journal = [
  event(1n, { level: { onHand: 2n, reserved: 0n } }),
  event(2n, { type: 'StockReserved', version: 2n, level: { onHand: 2n, reserved: 2n } }),
  event(3n, {
    context: 'orders',
    shard: 5,
    aggregateType: 'order',
    aggregateId: 'o1',
    type: 'OrderPlaced',
    marker: 7n,
  }),
];

const honest: Evidence = {
  attempts: [
    attempt(place('r1', 7n), accepted()),
    attempt(place('r1', 7n), accepted({ replayed: true }), 40, 50),
    attempt(place('r2', 8n), { kind: 'refused', reason: 'INSUFFICIENT_STOCK', shortProducts: ['p'] }, 40, 50),
  ],
  journal,
  published: [
    { topic: 'inventory', partition: 3, position: 1n, payload: '1' },
    { topic: 'inventory', partition: 3, position: 2n, payload: '2' },
    { topic: 'inventory', partition: 3, position: 1n, payload: '1' },
    { topic: 'orders', partition: 5, position: 3n, payload: '3' },
  ],
  stocks: [{ productId: 'p', onHand: 2n, reserved: 2n, version: 2n }],
  stepsBack: [],
  commits: { groups: 100, retries: 2 },
};

const rulesBroken = (change: Partial<Evidence>) => [
  ...new Set(check({ ...honest, ...change }).map(({ rule }) => rule)),
];

describe('check', () => {
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
      'other content is a conflict',
      {
        attempts: [
          ...honest.attempts,
          { ...attempt(place('r1', 7n), accepted({ replayed: true }), 60, 70), reuse: true },
        ],
      },
    ],
    [
      'never oversold',
      { journal: [...journal, event(4n, { version: 3n, level: { onHand: 2n, reserved: 3n } })] },
    ],
    ['state follows events', { stocks: [{ productId: 'p', onHand: 2n, reserved: 1n, version: 2n }] }],
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
    ['no deadlock storm', { commits: { groups: 100, retries: 60 } }],
  ])('finds a history against "%s"', (rule, change) => {
    expect(rulesBroken(change)).toContain(rule);
  });
});
