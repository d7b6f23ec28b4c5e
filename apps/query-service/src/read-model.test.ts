import { randomBytes } from 'node:crypto';
import { partitionKey } from '@meridian/contracts';
import type { Projection } from '@meridian/projection';
import { createMasterKey } from '@meridian/sealing';
import { afterEach, describe, expect, it } from 'vitest';
import { createNotificationListeners, type NotificationListener } from './notifications.ts';
import { createReadModel } from './read-model.ts';
import { sessionWith } from './testing/stand-ins.ts';

const projection: Projection = {
  name: 'orders',
  version: 1,
  contexts: ['orders'],
  tables: [],
  project: () => [],
};
const place = { context: 'orders', partition: 3 } as const;
const key = partitionKey(place.context, place.partition);
const hourMs = 3_600_000;

/** A read model whose store has applied what is said, and which polls once an hour without a notification. */
function orders() {
  const store = { position: 1n };
  const session = sessionWith({
    execute: async (cql) =>
      cql.includes('projection_progress') ? [{ ...place, position: store.position, event_time: null }] : [],
  });
  const notifications = createNotificationListeners();
  let listeners = 0;
  const add = (listener: NotificationListener) => {
    const leave = notifications.add(listener);
    listeners += 1;
    return () => {
      leave();
      listeners -= 1;
    };
  };
  const model = createReadModel({
    projection,
    stores: [{ region: 'eu-west', session, isServing: () => true, close: () => Promise.resolve() }],
    keyspace: 'k',
    masterKey: createMasterKey(randomBytes(32)),
    pollMs: hourMs,
    notifications: { add },
    onWaiting: () => undefined,
    onWaited: () => undefined,
  });
  models.push(model);
  /** Waits in the live generation for an event that is applied, and seen in Kafka, only after the wait began. */
  async function waitForSeen(): Promise<bigint | undefined> {
    const position = store.position + 1n;
    const deadline = new Date(Date.now() + 30_000);
    const begun = Promise.withResolvers<undefined>();
    const onWait = () => {
      begun.resolve(undefined);
      return undefined;
    };
    const [copy] = model.copies(model.live());
    const waited = copy?.watch.waitFor(new Map([[key, position]]), { deadline, onWait });
    await begun.promise;
    store.position = position;
    notifications.notify({ ...place, key, position, aggregateId: 'o-1' });
    return (await waited)?.positions.get(key);
  }
  return { model, notifications, waitForSeen, listeners: () => listeners };
}

const models: { close(): void }[] = [];
afterEach(() => {
  for (const model of models.splice(0)) model.close();
});

describe('a read model', () => {
  it('looks soon for an event that was seen, also in a generation that came after notifications began', async () => {
    const { model, notifications, waitForSeen } = orders();
    notifications.notificationsArrive(true);
    expect(await waitForSeen()).toBe(2n);
    await model.follow(2, [1]);
    expect(await waitForSeen()).toBe(3n);
  });

  it('is told of no event more in generations that are not kept', async () => {
    const { model, listeners } = orders();
    await model.follow(2, [1]);
    expect(listeners()).toBe(2);
    await model.follow(2, []);
    expect(listeners()).toBe(1);
    model.close();
    expect(listeners()).toBe(0);
  });

  it('tells once that another generation is live than the one that was asked about', async () => {
    const { model } = orders();
    const told: string[] = [];
    const tell = (what: string) => () => void told.push(what);
    model.onAnotherLive(1, tell('waits'));
    model.onAnotherLive(1, tell('has left'))();
    await model.follow(1, []);
    expect(told).toEqual([]);
    await model.follow(2, [1]);
    await model.follow(1, [2]);
    expect(told).toEqual(['waits']);
    model.onAnotherLive(2, tell('came late'));
    expect(told).toEqual(['waits', 'came late']);
  });
});
