import type { CassandraSession, StoreFailure } from '@meridian/cassandra';
import { failing } from '@meridian/cassandra/testing/failing';
import { afterEach, describe, expect, it } from 'vitest';
import { openRegionStore, RegionStoreBusyError, RegionStoreError } from './region-store.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

/** A store that answers as told: heavy questions, and light ones, of which a probe is one. */
function region() {
  const answers = {
    heavy: undefined as StoreFailure | undefined,
    light: undefined as StoreFailure | undefined,
  };
  const seen = { probes: 0, atOnce: 0, most: 0 };
  const held: (() => void)[] = [];
  const done = () => Promise.resolve();
  const session: CassandraSession = {
    async execute(cql) {
      if (cql.includes('projection_progress')) seen.probes += 1;
      if (cql === 'held') {
        seen.most = Math.max(seen.most, ++seen.atOnce);
        await new Promise<void>((resolve) => held.push(resolve));
        seen.atOnce -= 1;
      }
      const failure = cql === 'heavy' ? answers.heavy : answers.light;
      if (failure) throw failing(failure);
      return [];
    },
    executeIf: () => Promise.resolve(true),
    batch: done,
    schema: () => Promise.resolve(true),
    close: done,
    placementOf: () => undefined,
  };
  const store = openRegionStore({
    region: 'eu-west',
    contactPoints: [],
    keyspace: 'k',
    timeoutMs: 100,
    onFailure: () => undefined,
    connect: () => Promise.resolve(session),
  });
  open.push(store);
  const ask = (cql: string) => store.session.execute(cql, [], { consistency: 'LOCAL_QUORUM' });
  const askOften = async (cql: string) => {
    for (let times = 0; times < 20; times++) await expect(ask(cql)).rejects.toThrow();
  };
  return { answers, seen, held, store, ask, askOften };
}

describe('the breaker of a region’s store', () => {
  it.each(['late', 'busy', 'statement'] as const)(
    'stays closed when heavy questions fail (%s) and the store answers others',
    async (kind) => {
      const { answers, store, ask, askOften } = region();
      answers.heavy = kind;
      await askOften('heavy');
      await ask('light');
      expect(store.isServing()).toBe(true);
    },
  );

  it('asks for one row when an answer is late and none came since, and stays closed when it gets it', async () => {
    const { answers, seen, store, ask } = region();
    answers.heavy = 'late';
    await expect(ask('heavy')).rejects.toThrow(RegionStoreError);
    await expect.poll(() => seen.probes).toBe(1);
    await expect(ask('heavy')).rejects.toThrow(RegionStoreError);
    expect(store.isServing()).toBe(true);
  });

  it.each(['late', 'away'] as const)('opens when nothing is answered (%s)', async (kind) => {
    const { answers, store, ask } = region();
    Object.assign(answers, { heavy: kind, light: kind });
    for (let times = 0; times < 3; times++) await expect(ask('heavy')).rejects.toThrow(RegionStoreError);
    await expect.poll(() => store.isServing()).toBe(false);
    answers.light = undefined;
    await expect.poll(() => store.isServing()).toBe(true);
  });

  it('tells a store that is busy from one that is away', async () => {
    const { answers, ask } = region();
    answers.heavy = 'busy';
    await expect(ask('heavy')).rejects.toThrow(RegionStoreBusyError);
  });
});

describe('what is asked of a region’s store at once', () => {
  it('is bounded: more waits, and what is too much even to wait is refused', async () => {
    const { seen, held, ask } = region();
    const asked = Array.from({ length: 1_024 + 8_192 }, () => ask('held'));
    await expect(ask('held')).rejects.toThrow(RegionStoreBusyError);
    let ended = 0;
    for (const one of asked) void one.then(() => (ended += 1));
    await expect
      .poll(() => {
        for (const end of held.splice(0)) end();
        return ended;
      })
      .toBe(asked.length);
    expect(seen.most).toBe(1_024);
  });
});
