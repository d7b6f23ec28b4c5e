import type { CassandraSession, Row } from '@meridian/cassandra';
import { partitionKey, toToken } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { type Progress, WatchClosedError } from '@meridian/read-store';
import { Status } from '@meridian/rpc';
import { describe, expect, it } from 'vitest';
import { answer, type Asking } from './answering.ts';
import { createParkedWatch } from './parked.ts';
import type { ReadModel } from './read-model.ts';
import { callWithin, modelWith, sessionWith, unused, watchWith } from './testing/stand-ins.ts';

const owner = { projector: 'orders', generation: 1 };
const place = { context: 'orders', partition: shardOf('o-1') } as const;
const key = partitionKey(place.context, place.partition);
const progress: Progress = { positions: new Map([[key, 9n]]), highest: 9n, eventTime: undefined };
const required = toToken(progress.positions);
const refusal = { kind: 'parked' };

/**
 * A read model with one parked aggregate. Both reads begin at the same time: that of the rows, and that of what is
 * parked. An operator has the parked event applied between the two.
 */
function beingRetried() {
  const store = { row: 'as it was before', isParked: true };
  const retry = () => {
    store.row = 'with the parked event';
    store.isParked = false;
  };
  const session = sessionWith({
    async execute(cql) {
      if (cql.includes('parked_mark')) return [{ ...place, last_position: 9n, decision: null }];
      if (!cql.includes('parked_aggregate')) return [];
      // It takes its time, and the retry does not wait for it.
      await new Promise((resolve) => setImmediate(resolve));
      retry();
      return store.isParked ? [parkedRow] : [];
    },
  });
  return { ask: () => Promise.resolve(store.row), model: modelOn(session), store };
}

const parkedRow: Row = {
  ...place,
  aggregate_id: 'o-1',
  aggregate_type: 'order',
  reason: 'cannot',
  events: 1,
  parked_at: new Date(0),
  first_position: 9n,
  last_position: 9n,
};

function modelOn(session: CassandraSession): ReadModel {
  return modelWith(place.context, {
    parked: createParkedWatch(session, 'k', owner),
    watch: watchWith({
      current: () => Promise.resolve(progress),
      waitFor: () => Promise.resolve(progress),
    }),
  });
}

describe('an answer while an operator retries what is parked', () => {
  it('holds what its token names, or is refused: never old rows with nothing parked any more', async () => {
    const { ask, model } = beingRetried();
    const basis = { aggregateId: 'o-1', includes: () => [] };
    const answered = await answer(model, { token: required }, callWithin(5_000), ask, basis).then(
      ({ value }) => value,
      () => refusal,
    );
    expect(['with the parked event', refusal]).toContain(answered);
  });

  it('counts what is parked, or shows what was, of many aggregates too', async () => {
    const { ask, model } = beingRetried();
    const { value, freshness } = await answer(model, { token: required }, callWithin(5_000), ask, {
      includes: () => [],
    });
    if (freshness.parkedAggregates === 0) expect(value).toBe('with the parked event');
  });
});

describe('what a question is told of its rows', () => {
  async function toldOf(model: ReadModel): Promise<readonly (boolean | undefined)[]> {
    const told: Promise<boolean | undefined>[] = [];
    const ask = ({ completeness }: Asking) => {
      expect(completeness?.upTo).toEqual(progress.positions);
      told.push(Promise.resolve(completeness?.isWhole));
      return Promise.resolve('rows');
    };
    await answer(model, undefined, callWithin(5_000), ask, { includes: () => [] });
    return Promise.all(told);
  }

  it('is that they are whole up to the progress, when nothing is parked', async () => {
    const model = modelOn(sessionWith({ execute: () => Promise.resolve([]) }));
    // What is parked is read beside the first rows, which are therefore read again.
    expect(await toldOf(model)).toEqual([false, true]);
    expect(await toldOf(model)).toEqual([true]);
  });

  it('is that rows of before a retry are not whole, and those of after are', async () => {
    expect(await toldOf(beingRetried().model)).toEqual([false, true]);
  });

  it('is that they are not whole while something is parked', async () => {
    const execute = (cql: string) => {
      if (cql.includes('parked_mark'))
        return Promise.resolve([{ ...place, last_position: 9n, decision: null }]);
      return Promise.resolve(cql.includes('parked_aggregate') ? [parkedRow] : []);
    };
    const model = modelOn(sessionWith({ execute }));
    expect(await toldOf(model)).toEqual([false, false]);
    expect(await toldOf(model)).toEqual([false]);
  });
});

describe('an answer whose rows', () => {
  const asked = (ask: () => Promise<string>, deadlineMs = 60_000) =>
    answer(beingRetried().model, undefined, callWithin(deadlineMs), ask, { includes: () => [] });

  it('do not come by the deadline is a refusal that names the region', async () => {
    const { promise: never } = Promise.withResolvers<string>();
    for (const deadlineMs of [20, -1_000])
      await expect(asked(() => never, deadlineMs)).rejects.toMatchObject({
        code: Status.UNAVAILABLE,
        details: expect.stringContaining('the copy in region eu-west does not answer'),
      });
  });

  it('are dropped with their generation while it waits is a refusal to be tried again', async () => {
    const watch = watchWith({ waitFor: () => Promise.reject(new WatchClosedError('the watch is closed')) });
    const model = modelWith('orders', { watch, parked: { asOf: unused, mayLack: unused } });
    const asking = answer(model, { token: required }, callWithin(60_000), unused, { includes: () => [] });
    await expect(asking).rejects.toMatchObject({ code: Status.UNAVAILABLE });
  });

  it('fail in another way fails as they did', async () => {
    await expect(asked(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
  });
});

describe('a question that waits while another generation becomes live', () => {
  /** Generation 1 never comes to what is waited for. Generation 2 is there already. */
  function promotedMeanwhile() {
    const told: (() => void)[] = [];
    let live = 1;
    const old = watchWith({
      waitFor(missing, { onWait }) {
        onWait?.(
          [...missing].map(([one, position]) => ({ key: one, required: position, applied: 0n })),
          progress,
        );
        return new Promise(() => undefined);
      },
    });
    const parked = createParkedWatch(sessionWith({ execute: () => Promise.resolve([]) }), 'k', owner);
    const [first, second] = [old, watchWith({ waitFor: () => Promise.resolve(progress) })].map((watch) =>
      modelWith(place.context, { parked, watch }),
    );
    const model: ReadModel = {
      ...modelOn(sessionWith()),
      live: () => live,
      onAnotherLive(generation, tell) {
        expect(generation).toBe(1);
        told.push(tell);
        return () => told.splice(told.indexOf(tell), 1);
      },
      copies: (generation) => (generation === 1 ? first : second)?.copies(generation) ?? [],
    };
    const promote = () => {
      live = 2;
      for (const tell of told) tell();
    };
    return { model, promote, told };
  }

  it('begins again in that generation', async () => {
    const { model, promote, told } = promotedMeanwhile();
    const asking = answer(model, { token: required }, callWithin(60_000), () => Promise.resolve('rows'), {
      includes: () => [],
    });
    await expect.poll(() => told.length).toBe(1);
    promote();
    expect((await asking).value).toBe('rows');
    expect(told).toEqual([]);
  });

  it('stays where its page token says', async () => {
    const { model, told } = promotedMeanwhile();
    const options = { includes: () => [], generation: 1 };
    const asking = answer(model, { token: required }, callWithin(50), unused, options);
    await expect(asking).rejects.toMatchObject({ code: Status.UNAVAILABLE });
    expect(told).toEqual([]);
  });
});
