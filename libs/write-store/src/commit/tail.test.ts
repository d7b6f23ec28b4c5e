import { randomUUID } from 'node:crypto';
import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { expect, it } from 'vitest';
import type { NewEvent } from '../command/command.ts';
import { noStates } from '../state/working-copy.ts';
import { createProduct, placeOrder, receiveStock, registerCustomer } from '../testing/commands.ts';
import { decideGroup, pendingEvents } from './decide-group.ts';
import { newestPositions } from './outcomes.ts';
import { appendEvents, placeEvents, releaseClaims, tailOf } from './tail.ts';

const event = (aggregateType: NewEvent['aggregateType'], aggregateId: string, version = 1n): NewEvent => ({
  eventId: '0198e5b0-0000-7000-8000-000000000001',
  aggregateType,
  aggregateId,
  version,
  type: 'meridian.test',
  payload: new Uint8Array([1]),
});

const recordedAt = new Date('2026-03-01T10:00:00Z');
const source = { actor: 'tester', traceparent: '00-trace' };

it('gives events their shard and context before the commit, and position and time by it', () => {
  const pending = pendingEvents([event('stock', 'p-1'), event('order', 'o-1')], source);
  const { afterPosition, events } = placeEvents(pending, { head: 41n, recordedAt });
  expect(afterPosition).toBe(41n);
  expect(events).toEqual([
    {
      ...event('stock', 'p-1'),
      ...source,
      context: 'inventory',
      shard: shardOf('p-1'),
      position: 42n,
      time: recordedAt,
    },
    {
      ...event('order', 'o-1'),
      ...source,
      context: 'orders',
      shard: shardOf('o-1'),
      position: 43n,
      time: recordedAt,
    },
  ]);
});

it('writes each event at the offset from the head at which it is placed', () => {
  const pending = pendingEvents([event('stock', 'p-1'), event('stock', 'p-1', 2n)], source);
  const { sql, values } = appendEvents(pending);
  expect(sql.match(/LAST_INSERT_ID\(\) \+ \d+/g)).toEqual(['LAST_INSERT_ID() + 1', 'LAST_INSERT_ID() + 2']);
  const perEvent = values.length / pending.length;
  expect(values.slice(1, perEvent)).toEqual([
    shardOf('p-1'),
    'stock',
    'p-1',
    1n,
    'meridian.test',
    new Uint8Array([1]),
    'tester',
    '00-trace',
  ]);
});

it('names the newest position of each partition, and no other', () => {
  const recorded = [event('stock', 'p-1'), event('order', 'o-1'), event('stock', 'p-1', 2n)];
  const { events } = placeEvents(pendingEvents(recorded, source), { head: 10n, recordedAt });
  expect(newestPositions(events)).toEqual(
    new Map([
      [partitionKey('inventory', shardOf('p-1')), 13n],
      [partitionKey('orders', shardOf('o-1')), 12n],
    ]),
  );
});

it('takes claims back by their primary key, so that it never waits for what another replica claims', () => {
  expect(releaseClaims([])).toEqual([]);
  const [statement, ...others] = releaseClaims([randomUUID(), randomUUID()]);
  expect(others).toEqual([]);
  expect(statement?.sql).toMatch(/^DELETE .*FROM command_log FORCE INDEX \(PRIMARY\)\s+WHERE request_id IN/s);
});

it('saves states in the order of the locks, then takes the head, which is held to the commit', () => {
  const locked = { states: noStates(), receipts: new Map<string, string>() };
  const claims = { find: () => undefined };
  const order = placeOrder('o', 'c', [['p', 2n]]);
  const refused = placeOrder('o-2', 'nobody', [['p', 2n]]);
  const commands = [createProduct('q'), createProduct('p'), receiveStock('p', 5n)];
  commands.push(registerCustomer('c'), order, refused);
  const group = decideGroup(commands, locked, claims, () => '');
  const { statements } = tailOf({ commands, claims, locked }, group, 0n);
  const firstWords = statements.map(({ sql }) => sql.trim().split(/\s+/).slice(0, 3).join(' '));
  expect(firstWords).toEqual([
    'INSERT INTO customer',
    'INSERT INTO product',
    'INSERT INTO stock',
    'INSERT INTO orders',
    'INSERT INTO order_line',
    'INSERT INTO stock_receipt',
    'DELETE command_log FROM',
    'UPDATE journal_head SET',
    'INSERT INTO journal',
    'INSERT INTO command_log',
    'SELECT LAST_INSERT_ID() AS',
    'COMMIT',
  ]);
  const [byId] = statements[1]?.values ?? [];
  expect(byId).toEqual([expect.arrayContaining(['p']), expect.arrayContaining(['q'])]);
});
