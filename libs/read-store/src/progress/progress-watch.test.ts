import type { CassandraSession, Row } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  createProgressWatch,
  type ProgressWatch,
  type WaitOptions,
  WatchClosedError,
} from './progress-watch.ts';

const unused = () => {
  throw new Error('not asked for here');
};
let watch: ProgressWatch;
afterEach(() => {
  watch.close();
  vi.useRealTimers();
});

/** A region whose progress is told by hand; the comparisons of positions that a watch makes of what it reads are counted. */
function region() {
  const at = new Map<number, bigint>();
  const store = { polls: 0, failure: undefined as Error | undefined, others: [] as Row[] };
  const session: CassandraSession = {
    execute() {
      store.polls += 1;
      if (store.failure) return Promise.reject(store.failure);
      const rows = [...at].map(([partition, position]): Row => {
        return { context: 'orders', partition, position, event_time: new Date(0) };
      });
      return Promise.resolve([...rows, ...store.others]);
    },
    executeIf: unused,
    batch: unused,
    schema: unused,
    placementOf: unused,
    close: unused,
  };
  watch = createProgressWatch({
    session,
    keyspace: 'k',
    projector: 'orders',
    generation: 1,
    region: 'eu-west',
    contexts: ['orders'],
    pollMs: 1,
    maxAgeMs: 0,
  });
  return { at, store };
}

const all = (position: bigint): Positions =>
  new Map(Array.from({ length: 12 }, (_, partition) => [partitionKey('orders', partition), position]));
const later = () => new Date(Date.now() + 60_000);

describe('a progress watch', () => {
  it('ends each of 2,000 waits with the first poll that brings what it waits for', async () => {
    const { at } = region();
    const ended: bigint[] = [];
    const waits = Array.from({ length: 2_000 }, async (_, n) => {
      const required = BigInt(1 + (n % 100));
      const { positions } = await watch.waitFor(all(required), { deadline: later() });
      for (const [key, position] of all(required))
        if ((positions.get(key) ?? 0n) < position) throw new Error(`${key} is not there`);
      ended.push(required);
    });
    for (let partition = 0; partition < 11; partition++) at.set(partition, 100n);
    at.set(11, 50n);
    await expect.poll(() => ended.length).toBe(1_000);
    expect(Math.max(...ended.map(Number))).toBe(50);
    at.set(11, 100n);
    await Promise.all(waits);
  });

  it('knows nothing of contexts that it does not watch, however far a generation is in these', async () => {
    const { at, store } = region();
    at.set(3, 5n);
    store.others = [{ context: 'customers', partition: 3, position: 9n, event_time: new Date(9) }];
    expect(await watch.current()).toEqual({
      positions: new Map([[partitionKey('orders', 3), 5n]]),
      highest: 5n,
      eventTime: new Date(0),
    });
  });

  it('ends a wait at its deadline with what is missing, and when its caller has gone with the reason', async () => {
    const { at } = region();
    at.set(3, 5n);
    const required = new Map([[partitionKey('orders', 3), 9n]]);
    await expect(watch.waitFor(required, { deadline: new Date(Date.now() + 30) })).rejects.toMatchObject({
      missing: [{ key: 'orders/3', required: 9n, applied: 5n }],
    });
    const gone = new AbortController();
    const waiting = watch.waitFor(required, { deadline: later(), signal: gone.signal });
    setImmediate(() => gone.abort(new Error('gone')));
    await expect(waiting).rejects.toThrow('gone');
  });

  it('fails all waits when the store cannot be read, and goes on for those that come after', async () => {
    const { at, store } = region();
    const required = new Map([[partitionKey('orders', 3), 9n]]);
    const waits = [1, 2].map(() =>
      watch.waitFor(required, {
        deadline: later(),
        onWait: () => void (store.failure ??= new Error('away')),
      }),
    );
    for (const { status } of await Promise.allSettled(waits)) expect(status).toBe('rejected');
    store.failure = undefined;
    at.set(3, 9n);
    await watch.waitFor(required, { deadline: later() });
  });

  it('ends a wait when it is closed, in a way that tells why', async () => {
    region();
    const waiting = watch.waitFor(all(1n), {
      deadline: later(),
      onWait: () => void setImmediate(() => watch.close()),
    });
    await expect(waiting).rejects.toThrow(WatchClosedError);
  });

  it('does not poll once nobody waits any more', async () => {
    const { store } = region();
    const required = new Map([[partitionKey('orders', 3), 9n]]);
    await expect(watch.waitFor(required, { deadline: new Date(Date.now() + 20) })).rejects.toThrow();
    // One that is under way ends.
    await new Promise((resolve) => setImmediate(resolve));
    const { polls } = store;
    await watch.current();
    expect(store.polls).toBe(polls + 1);
  });

  it('ends a wait with what its listener throws, and leaves no timer behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { at } = region();
    at.set(3, 5n);
    const required = new Map([[partitionKey('orders', 3), 9n]]);
    const timers: number[] = [];
    const onWait: WaitOptions['onWait'] = (missing, { highest }) => {
      timers.push(vi.getTimerCount());
      throw new Error(`${missing[0]?.key} is at ${highest}`);
    };
    await expect(watch.waitFor(required, { deadline: later(), onWait })).rejects.toThrow('orders/3 is at 5');
    // The deadline's, while the wait lasted.
    expect([...timers, vi.getTimerCount()]).toEqual([1, 0]);
  });
});
