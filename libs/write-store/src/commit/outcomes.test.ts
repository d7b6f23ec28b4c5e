import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { expect, it } from 'vitest';
import type { LoggedCommand } from '../command-log/claim-requests.ts';
import { noStates } from '../state/working-copy.ts';
import { createProduct, placeOrder, receiveStock, registerCustomer } from '../testing/commands.ts';
import { decideGroup } from './decide-group.ts';
import { outcomesOf } from './outcomes.ts';
import { placeEvents } from './tail.ts';

const none = { find: () => undefined };
const nothing = { states: noStates(), receipts: new Map<string, string>() };
const recordedAt = new Date('2026-03-01T10:00:00Z');
const key = (context: 'catalog' | 'customers' | 'inventory' | 'orders', id: string) =>
  partitionKey(context, shardOf(id));

it('gives each command the newest positions of its events, after those of the commands before it', () => {
  const order = placeOrder('o', 'c', [['p', 2n]]);
  const commands = [registerCustomer('c'), createProduct('p'), receiveStock('p', 5n), order, order];
  const group = decideGroup(commands, nothing, none, () => '');
  const { events } = placeEvents(group.events, { head: 100n, recordedAt });
  const plan = { commands, group, tail: undefined, isTooLarge: false };
  const outcomes = outcomesOf(plan, { events, claims: none, logged: new Map(), ownEventIds: new WeakMap() });
  const positions = outcomes.map((outcome) => (outcome.kind === 'accepted' ? outcome.positions : outcome));
  const ofOrder = new Map([
    [key('inventory', 'p'), 104n],
    [key('orders', 'o'), 105n],
  ]);
  expect(positions).toEqual([
    new Map([[key('customers', 'c'), 101n]]),
    new Map([[key('catalog', 'p'), 102n]]),
    new Map([[key('inventory', 'p'), 103n]]),
    ofOrder,
    ofOrder,
  ]);
  expect(outcomes.map((outcome) => outcome.kind === 'accepted' && outcome.replayed)).toEqual([
    false,
    false,
    false,
    false,
    true,
  ]);
});

it('tells a replay from a command whose own COMMIT nobody saw end, and says the latter once', () => {
  const product = createProduct('p');
  const logged: LoggedCommand = {
    requestId: product.requestId,
    fingerprint: Buffer.from(product.fingerprint),
    aggregateId: 'p',
    version: 1n,
    firstPosition: 7n,
    eventCount: 1,
    answer: Buffer.from('answer'),
  };
  const claims = { find: () => logged };
  const group = decideGroup([product], nothing, claims, () => '');
  const positions = new Map([[key('catalog', 'p'), 7n]]);
  const ended = {
    events: [],
    claims,
    logged: new Map([[product.requestId, { positions, eventId: 'event-1' }]]),
    ownEventIds: new WeakMap([[product, new Set(['event-1'])]]),
  };
  const plan = { commands: [product], group, tail: undefined, isTooLarge: false };
  expect(outcomesOf(plan, ended)).toMatchObject([{ kind: 'accepted', positions, replayed: false }]);
  expect(outcomesOf(plan, ended)).toMatchObject([{ kind: 'accepted', positions, replayed: true }]);
});
