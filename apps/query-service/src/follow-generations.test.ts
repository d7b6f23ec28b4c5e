import type { Cell, CassandraSession, Row } from '@meridian/cassandra';
import { describe, expect, it } from 'vitest';
import { followGenerations } from './follow-generations.ts';
import type { ReadModel } from './read-model.ts';
import { RegionStoreError, type RegionStore } from './region-store.ts';
import { callWithin } from './testing/stand-ins.ts';

const MADE_AT = new Date('2026-01-01');

/** A register as a region shows it. */
function register(epoch: bigint, live: number, madeAt = MADE_AT): readonly Row[] {
  return [1, 2].map((generation): Record<string, Cell> => {
    const columns = { version: 1, created_at: madeAt, max_events_per_second: 0, newest_version: 1 };
    return { ...columns, generation, epoch, live };
  });
}

/** A region's store that holds a register only, and how often it was looked at. */
function regionOf(region: string, rows: readonly Row[]) {
  const state = { rows, serving: true, looks: 0, until: Promise.resolve() };
  const refuse = () => Promise.reject(new Error('nothing else is asked'));
  const session: CassandraSession = {
    async execute(cql) {
      if (cql.includes('system_schema')) return [{ table_name: 'projection_generation' }];
      state.looks += 1;
      await state.until;
      return state.rows;
    },
    executeIf: refuse,
    batch: refuse,
    schema: refuse,
    placementOf: () => undefined,
    close: () => Promise.resolve(),
  };
  const store: RegionStore = {
    region,
    session,
    isServing: () => state.serving,
    close: () => Promise.resolve(),
  };
  return { state, store };
}

function modelThatFollows() {
  const followed: number[] = [];
  const model: ReadModel = {
    name: 'catalog',
    region: 'eu-west',
    contexts: ['catalog'],
    live: () => followed.at(-1) ?? 1,
    onAnotherLive: () => () => undefined,
    keeps: () => true,
    copies: () => [],
    async follow(live) {
      if (live !== followed.at(-1)) followed.push(live);
    },
    close: () => undefined,
  };
  return { model, followed };
}

const hourMs = 3_600_000;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };

describe('following the live generation', () => {
  it('does not go back with a region that has not heard of the last change yet', async () => {
    const [own, other] = [regionOf('eu-west', register(3n, 2)), regionOf('us-east', register(2n, 1))];
    const { model, followed } = modelThatFollows();
    const generations = followGenerations({
      stores: [own.store, other.store],
      keyspace: 'k',
      models: [model],
      log,
      everyMs: 1,
    });
    await expect.poll(() => followed).toEqual([2]);
    own.state.serving = false;
    await expect.poll(() => other.state.looks).toBeGreaterThan(2);
    expect(followed).toEqual([2]);
    other.state.rows = register(4n, 1);
    await expect.poll(() => followed).toEqual([2, 1]);
    await generations.stop();
  });

  it('follows a register that was made anew, whatever its epoch', async () => {
    const own = regionOf('eu-west', register(9n, 2));
    const { model, followed } = modelThatFollows();
    const generations = followGenerations({
      stores: [own.store],
      keyspace: 'k',
      models: [model],
      log,
      everyMs: 1,
    });
    await expect.poll(() => followed).toEqual([2]);
    own.state.rows = register(1n, 1, new Date('2026-02-02'));
    await expect.poll(() => followed).toEqual([2, 1]);
    await generations.stop();
  });
});

describe('a question that comes before the live generation is known', () => {
  const following = (stores: readonly RegionStore[], model: ReadModel, everyMs = hourMs) =>
    followGenerations({ stores, keyspace: 'k', models: [model], log, everyMs });

  it('waits for the first look', async () => {
    const own = regionOf('eu-west', register(3n, 2));
    const looked = Promise.withResolvers<void>();
    own.state.until = looked.promise;
    const { model } = modelThatFollows();
    const generations = following([own.store], model);
    const lives = generations.untilKnown(callWithin(30_000)).then(() => model.live());
    await expect.poll(() => own.state.looks).toBe(1);
    expect(generations.known()).toBe(false);
    looked.resolve();
    expect(await lives).toBe(2);
    await generations.stop();
  });

  it('fails at its deadline, at the end of its call, and at once where no store serves', async () => {
    const own = regionOf('eu-west', register(3n, 2));
    const never = Promise.withResolvers<void>();
    own.state.until = never.promise;
    const generations = following([own.store], modelThatFollows().model);
    await expect(generations.untilKnown(callWithin(1))).rejects.toThrow(RegionStoreError);
    const gone = { ...callWithin(30_000), signal: AbortSignal.abort(new Error('gone')) };
    await expect(generations.untilKnown(gone)).rejects.toThrow('gone');
    own.state.serving = false;
    await expect(generations.untilKnown(callWithin(hourMs))).rejects.toThrow(RegionStoreError);
    never.resolve();
    await generations.stop();
  });

  it('fails as soon as the only store is given up, whatever its deadline', async () => {
    const own = regionOf('eu-west', register(3n, 2));
    own.state.until = Promise.reject(new RegionStoreError('away'));
    own.state.until.catch(() => undefined);
    const generations = following([own.store], modelThatFollows().model, 1);
    const asked = generations.untilKnown(callWithin(hourMs));
    asked.catch(() => undefined);
    await expect.poll(() => own.state.looks).toBeGreaterThan(2);
    own.state.serving = false;
    await expect(asked).rejects.toThrow(RegionStoreError);
    await generations.stop();
  });

  it('need not wait for a store that is away while another region’s answers', async () => {
    const [own, other] = [regionOf('eu-west', []), regionOf('us-east', register(3n, 2))];
    own.state.until = Promise.reject(new RegionStoreError('away'));
    own.state.until.catch(() => undefined);
    const { model } = modelThatFollows();
    const generations = following([own.store, other.store], model);
    await generations.untilKnown(callWithin(30_000));
    expect(model.live()).toBe(2);
    await generations.stop();
  });
});
