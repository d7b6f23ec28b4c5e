import type { Row } from '@meridian/cassandra';
import { partitionKey, toMessage } from '@meridian/contracts';
import { deferredMarks, type Progress } from '@meridian/read-store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeferredWatch, type DeferredLook } from './deferred.ts';
import { createParkedWatch } from './parked.ts';
import { openJournal, orderPlaced } from './testing/events.ts';
import { sessionWith } from './testing/stand-ins.ts';

const owner = { keyspace: 'k', projector: 'orders', generation: 1 };
const journal = openJournal();
const place = { context: 'orders', partition: 4 } as const;
const progressAt = (position: bigint): Progress => ({
  positions: new Map([[partitionKey(place.context, place.partition), position]]),
  highest: position,
  eventTime: undefined,
});

/** A store that keeps these events, and counts how often it is asked for them. */
function storeOf(kept: Map<bigint, string>) {
  let reads = 0;
  let mark = 0n;
  const session = sessionWith({
    execute(cql, params) {
      if (cql.includes('deferred_mark')) {
        for (const position of kept.keys()) if (position > mark) mark = position;
        return Promise.resolve(mark === 0n ? [] : [{ ...place, last_position: mark }]);
      }
      if (cql.includes('parked')) return Promise.resolve([]);
      const last = BigInt(String(params.at(-1)));
      if (cql.includes('position = ?')) return Promise.resolve(kept.has(last) ? [{ position: last }] : []);
      reads++;
      return Promise.resolve(
        [...kept]
          .sort(([a], [b]) => Number(a - b))
          .filter(([position]) => position > last)
          .map(rowOf),
      );
    },
  });
  return { session, reads: () => reads };
}

function rowOf([position, aggregate_id]: [bigint, string]): Row {
  const headers = JSON.stringify(toMessage(orderPlaced(journal, aggregate_id, 'ada')).headers);
  return { aggregate_id, position, type: 'OrderPacked', headers };
}

/** Looks at what a store keeps, as of a progress. */
function looking({ session }: ReturnType<typeof storeOf>) {
  const watch = createDeferredWatch(session, owner);
  return async (position: bigint) => watch.asOf(progressAt(position), await deferredMarks(session, owner));
}

const firstOf = ({ kept }: DeferredLook) =>
  kept.flatMap((one) => [...one].map(([id, [first]]) => [id, first?.position]));

describe('what a read model keeps because it does not know it', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => vi.useRealTimers());

  it('is the first such event of every aggregate, up to the progress; more may come above it', async () => {
    const kept = new Map([
      [5n, 'a'],
      [7n, 'b'],
      [9n, 'a'],
      [12n, 'c'],
    ]);
    const look = looking(storeOf(kept));
    expect(firstOf(await look(10n))).toEqual([
      ['a', 5n],
      ['b', 7n],
    ]);
    kept.set(11n, 'd');
    expect(firstOf(await look(20n))).toEqual([
      ['a', 5n],
      ['b', 7n],
      ['d', 11n],
      ['c', 12n],
    ]);
  });

  it('is counted, and told of its aggregate', async () => {
    const watch = createParkedWatch(storeOf(new Map([[5n, 'a']])).session, owner.keyspace, owner);
    const parked = await watch.asOf(progressAt(10n));
    expect(parked.aggregates).toBe(1);
    expect((await parked.of('a', new Map())).events).toMatchObject([{ aggregateId: 'a', firstPosition: 5n }]);
    expect((await parked.of('b', new Map())).events).toEqual([]);
  });

  it('is told of an aggregate only while it is kept, however long it is remembered', async () => {
    const kept = new Map([
      [5n, 'a'],
      [7n, 'a'],
    ]);
    const watch = createParkedWatch(storeOf(kept).session, owner.keyspace, owner);
    const progress = progressAt(10n);
    const firstOfA = async () => {
      const { events, readAtMs } = await (await watch.asOf(progress)).of('a', progress.positions);
      // Rows that were read before must be read again: the event may have been applied in between.
      expect(readAtMs).toBe(performance.now());
      return events.map(({ firstPosition }) => firstPosition);
    };
    const beforeApplied = await firstOfA();
    vi.advanceTimersByTime(10);
    kept.delete(5n);
    const withoutFirst = await firstOfA();
    vi.advanceTimersByTime(10);
    kept.delete(7n);
    expect([beforeApplied, withoutFirst, await firstOfA()]).toEqual([[5n], [7n], []]);
  });

  it('is read once, and anew now and then while there is any', async () => {
    const kept = new Map([[5n, 'a']]);
    const store = storeOf(kept);
    const look = looking(store);
    vi.advanceTimersByTime(3_000);
    for (let n = 0n; n < 50n; n++) await look(5n + n);
    expect(store.reads()).toBeLessThanOrEqual(2);
    kept.clear();
    vi.advanceTimersByTime(3_000);
    expect(firstOf(await look(60n))).toEqual([]);
    const before = store.reads();
    vi.advanceTimersByTime(3_000);
    await look(61n);
    expect(store.reads()).toBe(before);
  });
});
