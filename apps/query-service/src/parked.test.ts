import type { Row } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { SHARD_COUNT, shardOf } from '@meridian/kernel';
import type { Progress } from '@meridian/read-store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createParkedWatch } from './parked.ts';
import { sessionWith } from './testing/stand-ins.ts';

const owner = { projector: 'orders', generation: 1 };
const context = 'orders';
const MANY = 1_000;

/** A store in which aggregates are parked one after the other, and what is read of it. */
function parkedStore() {
  const parked = new Map<string, Row>();
  const marks = new Map<number, { last_position: bigint; decision: string }>();
  let position = 0n;
  let decisions = 0;
  const read = { rows: 0 };
  function rowsOf(cql: string, id: unknown): readonly Row[] {
    if (cql.includes('parked_mark'))
      return [...marks].map(([partition, mark]) => ({ context, partition, ...mark }));
    if (!cql.includes('parked_aggregate')) return [];
    return cql.includes('aggregate_id = ?')
      ? [...parked.values()].filter((row) => row['aggregate_id'] === id)
      : [...parked.values()];
  }
  const session = sessionWith({
    execute(cql, params) {
      const rows = rowsOf(cql, params.at(-1));
      read.rows += rows.length;
      return Promise.resolve(rows);
    },
  });
  const positions = (): Positions =>
    new Map(Array.from({ length: SHARD_COUNT }, (_, shard) => [partitionKey(context, shard), position]));
  return {
    session,
    positions,
    progress: (): Progress => ({ positions: positions(), highest: position, eventTime: undefined }),
    /** An event of the aggregate is parked: at the next position, or as a message that cannot be read, at the latest one. */
    park(aggregate_id: string, isReadable = true) {
      if (isReadable) position++;
      const partition = shardOf(aggregate_id);
      const about = { aggregate_type: 'order', reason: 'cannot', events: 1, parked_at: new Date(0) };
      const place = { context, partition, aggregate_id, first_position: position, last_position: position };
      parked.set(aggregate_id, { ...place, ...about });
      marks.set(partition, { last_position: position, decision: marks.get(partition)?.decision ?? '' });
    },
    apply() {
      position++;
    },
    unpark(id: string) {
      parked.delete(id);
      marks.set(shardOf(id), { last_position: position, decision: String(++decisions) });
    },
    /** How many rows an action reads. */
    async rowsOf(act: () => Promise<unknown>): Promise<number> {
      read.rows = 0;
      await act();
      return read.rows;
    },
  };
}

describe('what is parked', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => vi.useRealTimers());

  it('costs a look the marks alone while nothing changes, however much it is', async () => {
    const store = parkedStore();
    for (let n = 0; n < MANY; n++) store.park(`o-${n}`);
    const watch = createParkedWatch(store.session, 'k', owner);
    const first = await store.rowsOf(() => watch.asOf(store.progress()));
    expect(first).toBe(MANY + SHARD_COUNT);
    const more = await store.rowsOf(async () => {
      for (let n = 0; n < 50; n++) {
        vi.advanceTimersByTime(20);
        expect((await watch.asOf(store.progress())).aggregates).toBe(MANY);
      }
    });
    expect(more).toBe(50 * SHARD_COUNT);
  });

  it('is read at a bounded rate while more is parked, and each is known at once to a caller', async () => {
    const store = parkedStore();
    for (let n = 0; n < MANY; n++) store.park(`o-${n}`);
    const watch = createParkedWatch(store.session, 'k', owner);
    await watch.asOf(store.progress());
    const rows = await store.rowsOf(async () => {
      for (let n = 0; n < 100; n++) {
        vi.advanceTimersByTime(20);
        store.park(`storm-${n}`);
        const { events } = await (await watch.asOf(store.progress())).of(`storm-${n}`, store.positions());
        expect(events).toMatchObject([{ aggregateId: `storm-${n}` }]);
      }
    });
    // Two seconds of 10,000 rows at most, and the small rows of a hundred looks.
    expect(rows).toBeLessThanOrEqual(2 * 10_000 + 100 * (SHARD_COUNT + 1));
    vi.advanceTimersByTime(1_000);
    expect((await watch.asOf(store.progress())).aggregates).toBe(MANY + 100);
  });

  it('is known to be settled by the next question, and by the count', async () => {
    const store = parkedStore();
    for (const id of ['a', 'b']) store.park(id);
    const watch = createParkedWatch(store.session, 'k', owner);
    const of = async (id: string) =>
      (await (await watch.asOf(store.progress())).of(id, store.positions())).events;
    expect(await of('a')).toMatchObject([{ aggregateId: 'a' }]);
    store.unpark('a');
    expect(await of('a')).toEqual([]);
    vi.advanceTimersByTime(1);
    expect((await watch.asOf(store.progress())).aggregates).toBe(1);
    expect(await of('b')).toMatchObject([{ aggregateId: 'b' }]);
  });

  it('is read again after an unreadable message was parked at the position of the event before', async () => {
    const store = parkedStore();
    store.apply();
    const watch = createParkedWatch(store.session, 'k', owner);
    expect((await watch.asOf(store.progress())).aggregates).toBe(0);
    store.park('a', false);
    store.apply();
    vi.advanceTimersByTime(1);
    expect((await watch.asOf(store.progress())).aggregates).toBe(1);
  });

  it('looks no aggregate up where nothing of its partition is parked', async () => {
    const store = parkedStore();
    store.park('a');
    const watch = createParkedWatch(store.session, 'k', owner);
    const parked = await watch.asOf(store.progress());
    expect(await store.rowsOf(() => parked.of('not-parked', store.positions()))).toBe(0);
  });
});
