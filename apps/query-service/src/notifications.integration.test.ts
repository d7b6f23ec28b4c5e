import { CONTEXTS, partitionKey, toToken } from '@meridian/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followEvents, type EventNotification } from './notifications.ts';
import { openJournal, orderPlaced, productCreated } from './testing/events.ts';
import { startTestService } from './testing/test-service.ts';
import { openTestStore } from './testing/test-store.ts';
import { openTestTopics, type TestTopics } from './testing/test-topics.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
let topics: TestTopics;

beforeAll(async () => {
  topics = await openTestTopics('notifications');
});
afterAll(() => topics?.close());

describe('events that Kafka has', () => {
  it('are told with partition, position and aggregate; another journal’s events are not', async () => {
    const told: EventNotification[] = [];
    let isTold = false;
    const follower = followEvents({
      brokers: topics.brokers,
      topicPrefix: topics.prefix,
      contexts: CONTEXTS,
      log: silent,
      follower: `${topics.prefix}.test`,
      listener: { notify: (event) => told.push(event), notificationsArrive: (now) => (isTold = now) },
      journals: () => new Set(['ours']),
    });
    try {
      await expect.poll(() => isTold).toBe(true);
      const event = { ...orderPlaced(openJournal(), 'seen', 'ada'), journalId: 'ours' };
      const foreign = { ...event, position: 9_000n, journalId: 'theirs' };
      // What came before it follows is not told: the same again until it is.
      await expect
        .poll(async () => (await topics.publish(foreign, event), told.length), { interval: 200 })
        .toBeGreaterThan(0);
      expect(told[0]).toEqual({
        key: partitionKey('orders', event.shard),
        context: 'orders',
        position: event.position,
        aggregateId: 'seen',
      });
      expect(told.some(({ position }) => position === foreign.position)).toBe(false);
    } finally {
      await follower.stop();
    }
  });

  it('only notify: a question waits for the rows, and is answered as well where Kafka is away', async () => {
    const store = await openTestStore();
    const journal = openJournal();
    const away = await startTestService(store, 'eu-west', { MERIDIAN_KAFKA_BROKERS: '127.0.0.1:1' });
    const here = await startTestService(store, 'eu-west', topics.environment);
    try {
      const event = productCreated(journal, 'notified');
      await topics.publish(event);
      const token = toToken(new Map([[partitionKey('catalog', event.shard), event.position]]));
      const asked = { productId: 'notified', read: { token } };
      // On a busy machine a deadline may pass before the answer is there.
      await expect
        .poll(() => here.catalog.getProduct(asked, { deadline: 1_000 }).catch(String))
        .toContain('has not yet applied');
      const patient = { deadline: 60_000 };
      const answers = Promise.all([
        here.catalog.getProduct(asked, patient),
        away.catalog.getProduct(asked, patient),
      ]);
      await store.apply(event);
      expect((await answers).map(({ product }) => product?.version)).toEqual([1n, 1n]);
    } finally {
      await Promise.all([away.stop(), here.stop()]);
      await store.close();
    }
  });
});
