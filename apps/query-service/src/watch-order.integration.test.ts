import { callFailure } from '@meridian/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJournal, orderPaid, orderPlaced } from './testing/events.ts';
import { startTestService, type TestService } from './testing/test-service.ts';
import { openTestStore, type TestStore } from './testing/test-store.ts';
import { openTestTopics, type TestTopics } from './testing/test-topics.ts';

const journal = openJournal();
const WATCHES = 5_000;

/** Kilobytes that the service's process holds. */
async function residentKb(service: TestService): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${service.httpPort}/metrics`)).text();
  return Number(/^process_resident_memory_bytes(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1]) / 1_024;
}

describe('watching orders', () => {
  let store: TestStore;
  let topics: TestTopics;
  let service: TestService;

  beforeAll(async () => {
    topics = await openTestTopics('watch');
    store = await openTestStore();
    service = await start();
  });
  afterAll(async () => {
    await service?.stop();
    await store?.close();
    await topics?.close();
  });

  const start = () => startTestService(store, 'eu-west', topics.environment);

  it('pushes an order as it is, then every change once it is visible, with its freshness', async () => {
    await store.apply(orderPlaced(journal, 'watched', 'ada'));
    const pushes = service.orders.watchOrder({ orderId: 'watched' })[Symbol.asyncIterator]();
    const first = await pushes.next();
    expect(first.value).toMatchObject({
      order: { summary: { orderId: 'watched', version: 1n } },
      freshness: { region: 'eu-west', fallback: false },
    });
    const paid = orderPaid(journal, 'watched', 'ada');
    await topics.publish(paid);
    const next = pushes.next();
    await store.apply(paid);
    expect((await next).value).toMatchObject({
      order: {
        summary: { version: 2n },
        history: [{ eventType: 'OrderPlaced' }, { eventType: 'OrderPaid' }],
      },
      freshness: { token: { entries: [{ position: paid.position }] } },
    });
    await pushes.return?.();
    const resumed = service.orders
      .watchOrder({ orderId: 'watched', afterVersion: 1n })
      [Symbol.asyncIterator]();
    expect((await resumed.next()).value?.order?.summary?.version).toBe(2n);
    await resumed.return?.();
  });

  it('says that there is no such order, and which field is wrong', async () => {
    const failure = async (orderId: string) => {
      try {
        await service.orders.watchOrder({ orderId })[Symbol.asyncIterator]().next();
      } catch (error) {
        return callFailure(error)?.reason;
      }
      return 'none';
    };
    expect(await failure('nowhere')).toBe('ORDER_NOT_FOUND');
    expect(await failure('no such id')).toBe('INVALID_ARGUMENT');
  });

  it('holds 5,000 open watches, each of which gets its next change, and ends them when it stops', async () => {
    const watching = await start();
    const ids = Array.from({ length: 50 }, (_, n) => `crowd-${n}`);
    await store.apply(...ids.map((id) => orderPlaced(journal, id, 'ada')));
    const before = await residentKb(watching);
    const opened = ids.flatMap((orderId) =>
      Array.from({ length: WATCHES / ids.length }, () =>
        watching.orders.watchOrder({ orderId })[Symbol.asyncIterator](),
      ),
    );
    for (let start = 0; start < WATCHES; start += 250)
      await Promise.all(opened.slice(start, start + 250).map((watch) => watch.next()));
    const perWatchKb = ((await residentKb(watching)) - before) / WATCHES;
    const next = Promise.all(opened.map((watch) => watch.next()));
    const changes = ids.map((id) => orderPaid(journal, id, 'ada'));
    await topics.publish(...changes);
    await store.apply(...changes);
    const startedMs = performance.now();
    const versions = (await next).map(({ value }) => value?.order?.summary?.version);
    const tookMs = performance.now() - startedMs;
    expect(versions.filter((version) => version === 2n)).toHaveLength(WATCHES);
    console.log(
      `${WATCHES} watches: ${perWatchKb.toFixed(1)} KB each; all told ${Math.round(tookMs)} ms after the last change was applied`,
    );
    expect(perWatchKb).toBeLessThan(200);
    const endings = Promise.all(
      opened.map((watch) => watch.next().then(String, (error: unknown) => callFailure(error)?.reason)),
    );
    // Not 1, with which a service ends that was not done draining in its time.
    expect(await watching.stopOpen()).toBe(0);
    const reasons = new Set(await endings);
    expect([...reasons]).toEqual(['SHUTTING_DOWN']);
  });
});
