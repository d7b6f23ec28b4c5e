import { randomUUID } from 'node:crypto';
import { CONTEXTS, topicOf } from '@meridian/contracts';
import { connectKafka, ensureTopics, replaceTopicSettings } from '@meridian/messaging';
import { callFailure } from '@meridian/rpc';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fromEnvironment, openTestSystem, type TestReplica, type TestSystem } from './testing/test-system.ts';

let system: TestSystem;
let replica: TestReplica;

const kafka = connectKafka({
  brokers: fromEnvironment('MERIDIAN_KAFKA_BROKERS').split(','),
  clientId: 'event-too-large-test',
});
const orders = () => topicOf('orders', system.topicPrefix);

beforeAll(async () => {
  system = await openTestSystem();
  const topics = CONTEXTS.map((context) => topicOf(context, system.topicPrefix));
  await ensureTopics(kafka, topics, 12);
  await replaceTopicSettings(kafka, orders(), { 'max.message.bytes': '30000' });
  // Publishing is another replica's: each that takes commands knows the limits.
  replica = await system.start({ MERIDIAN_RELAY: 'off' });
  const id = () => ({ requestId: randomUUID() });
  const price = { currencyCode: 'GBP', amountMinor: 1n };
  await replica.catalog.createProduct({ ...id(), productId: 'p', name: '長'.repeat(200), price });
  await replica.inventory.receiveStock({ ...id(), receiptId: 'r', productId: 'p', quantity: 1_000_000n });
  await replica.customers.registerCustomer({
    ...id(),
    customerId: 'c',
    name: 'Ann',
    email: 'ann@example.org',
    country: 'France',
  });
});
afterAll(() => system?.close());

const place = (lines: number, requestId = randomUUID() as string) =>
  replica.orders.placeOrder({
    requestId,
    customerId: 'c',
    lines: Array.from({ length: lines }, () => ({ productId: 'p', quantity: 1n })),
  });
const head = async () => (await replica.journal.getHead({})).position;

it('refuses a command whose event its topic would not take, and takes it once the topic does', async () => {
  const reasonOf = (lines: number, requestId?: string) =>
    place(lines, requestId).then(
      () => 'OK',
      (error: unknown) => callFailure(error)?.reason,
    );
  // Until Kafka has told, a larger limit is assumed.
  await expect.poll(() => reasonOf(60)).toBe('EVENT_TOO_LARGE');
  const before = await head();
  const requestId = randomUUID();
  const failure = await place(60, requestId).catch(callFailure);
  expect(failure).toMatchObject({
    status: 'FAILED_PRECONDITION',
    reason: 'EVENT_TOO_LARGE',
    violations: [{ subject: expect.stringMatching(/^order\//) }],
  });
  expect(JSON.stringify(failure)).toContain(`max.message.bytes of topic ${orders()} is 30000`);
  expect(await head()).toBe(before);
  const { rows } = await system.pool.query("SELECT reserved FROM stock WHERE product_id = 'p'");
  const reserved = Number(rows[0]?.reserved);
  expect(await reasonOf(20)).toBe('OK');
  const after = await system.pool.query("SELECT reserved FROM stock WHERE product_id = 'p'");
  expect(Number(after.rows[0]?.reserved)).toBe(reserved + 20);
  await replaceTopicSettings(kafka, orders(), { 'max.message.bytes': '2000000' });
  const restarted = await system.start({ MERIDIAN_RELAY: 'off' });
  replica = restarted;
  await expect.poll(() => reasonOf(60, requestId)).toBe('OK');
});
