import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgressWriter } from './progress-writer.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

/** A writer to a store that takes `takesMs` for every request. The requests under way are counted. */
function setUp(takesMs: number) {
  const seen = { underWay: 0, most: 0, requests: 0 };
  const unused = () => {
    throw new Error('not asked for here');
  };
  const writer = createProgressWriter({
    session: { placementOf: () => undefined },
    store: {
      regions: ['eu-west'],
      async write() {
        seen.requests += 1;
        seen.most = Math.max(seen.most, ++seen.underWay);
        await new Promise((resolve) => setTimeout(resolve, takesMs));
        seen.underWay -= 1;
      },
      writeTo: unused,
      isHealthy: () => true,
      close: unused,
    },
    keyspace: 'k',
    projector: 'stock',
    generation: 1,
  });
  const record = (partition: number, position: bigint) =>
    writer.write({ context: 'inventory', partition, position, eventTime: new Date(0) }, ['eu-west']);
  /** Writes records one after the other until the writer knows how far away the store is. */
  const learn = async () => {
    for (let position = 1n; position <= 40n; position++) {
      const recorded = record(0, position);
      await vi.advanceTimersByTimeAsync(takesMs);
      await recorded;
    }
    Object.assign(seen, { most: 0, requests: 0 });
  };
  return { seen, record, learn };
}

it('what comes while a record is on its way goes together, where the store is near', async () => {
  const { seen, record, learn } = setUp(5);
  await learn();
  const all = [1, 2, 3, 4].map((partition) => record(partition, 100n));
  await vi.advanceTimersByTimeAsync(10);
  await Promise.all(all);
  expect(seen).toMatchObject({ most: 1, requests: 2 });
});

it('no record waits for another where the store is far away', async () => {
  const { seen, record, learn } = setUp(80);
  await learn();
  const first = record(1, 100n);
  await vi.advanceTimersByTimeAsync(40);
  const second = record(2, 100n);
  expect(seen.underWay).toBe(2);
  await vi.advanceTimersByTimeAsync(80);
  await Promise.all([first, second]);
});
