import type { Cell, CassandraSession, Row } from '@meridian/cassandra';
import { describe, expect, it } from 'vitest';
import { followGenerations } from './follow-generations.ts';
import type { ReadModel } from './read-model.ts';
import type { RegionStore } from './region-store.ts';

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
  const state = { rows, serving: true, looks: 0 };
  const refuse = () => Promise.reject(new Error('nothing else is asked'));
  const session: CassandraSession = {
    async execute(cql) {
      if (cql.includes('system_schema')) return [{ table_name: 'projection_generation' }];
      state.looks += 1;
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
    keeps: () => true,
    copies: () => [],
    async follow(live) {
      if (live !== followed.at(-1)) followed.push(live);
    },
    close: () => undefined,
  };
  return { model, followed };
}

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
