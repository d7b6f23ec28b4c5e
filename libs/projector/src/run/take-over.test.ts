import type { CassandraSession } from '@meridian/cassandra';
import { silentLog } from '@meridian/messaging';
import { tellStock } from '@meridian/projection/testing/stock-projection';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PartitionStates } from '../partition/partition-states.ts';
import { ownerIn, stockRegions, take, touches } from '../testing/in-memory-owner.ts';
import type { RegionsInMemory } from '../testing/regions-in-memory.ts';
import type { Engine } from './engine.ts';
import { createTakeOver, type TakeOver } from './take-over.ts';

const [first, second] = tellStock(
  [5n, 7n].map((delta) => ({ productId: 'pear', delta })),
  10n,
);
const taken = {
  context: 'inventory',
  partition: first?.shard ?? 0,
  goOnAt: () => undefined,
} as const;

let regions: RegionsInMemory;
let owners: Engine[];
/** How often the state of the partition was read, or was tried to. */
let reads: number;
/** Whether home answers reads. */
let isReadable: boolean;
/** How many partitions the other region is behind in, each time that a catch-up began or ended. */
let behind: number[];

beforeEach(async () => {
  [regions, owners, reads, isReadable, behind] = [stockRegions(), [], 0, true, []];
  const before = owner();
  await take(before, [first]);
  regions.remoteAnswers = false;
  await take(before, [second]);
  regions.remoteAnswers = true;
  await before.stop();
  [reads, behind] = [0, []];
});
afterEach(() => Promise.all(owners.map((one) => one.stop())));

/** An owner that has to read the partition's state, and gets no batch of it. */
function owner(): Engine {
  const execute = async (...[cql, ...rest]: Parameters<CassandraSession['execute']>) => {
    if (cql.startsWith('SELECT') && cql.includes('parked_aggregate')) {
      reads += 1;
      if (!isReadable) throw new Error('home does not answer');
    }
    return regions.session.execute(cql, ...rest);
  };
  const regionBehind = (_region: string, partitions: number) => void behind.push(partitions);
  const one = ownerIn(regions, { session: { ...regions.session, execute }, observer: { regionBehind } });
  owners.push(one);
  return one;
}

describe('a partition without new events that is taken over', () => {
  it('is read again until home answers, and then brought back where a region lacks something', async () => {
    isReadable = false;
    owner().take([taken]);
    await expect.poll(() => reads).toBeGreaterThan(1);
    expect(behind).toEqual([]);
    isReadable = true;
    await expect.poll(() => behind).toContain(1);
  });

  it('is brought back without Kafka where a region that was away lacks nothing', async () => {
    regions = stockRegions();
    const before = owner();
    await take(before, [first]);
    await before.stop();
    regions.remoteAnswers = false;
    owner().take([taken]);
    await expect.poll(() => behind).toContain(1);
    regions.remoteAnswers = true;
    await expect.poll(() => behind.at(-1)).toBe(0);
  });

  it('has its progress in a region whose record of it reached home alone', async () => {
    regions = stockRegions();
    const before = owner();
    regions.onTaken = (statements) => {
      if (touches('projection_progress', statements)) regions.remoteAnswers = false;
    };
    await take(before, [first]);
    await before.stop();
    behind = [];
    owner().take([taken]);
    await expect.poll(() => behind).toContain(1);
    [regions.onTaken, regions.remoteAnswers] = [() => undefined, true];
    await expect.poll(() => behind.at(-1)).toBe(0);
    expect(regions.remote.rows('projection_progress')).toMatchObject([
      { region: 'us-east', position: first?.position },
    ]);
  });

  it('is brought back before home takes the progress, which is said again until home takes it', async () => {
    let isTaken = false;
    regions.onAsked = (statements) => {
      if (!touches('projection_progress', statements)) return;
      if (!behind.includes(1)) throw new Error('home does not answer');
      isTaken = true;
    };
    owner().take([taken]);
    await expect.poll(() => isTaken).toBe(true);
  });

  it.each<[string, (takeOver: TakeOver) => void]>([
    ['it may be another process’s', (takeOver) => takeOver.end()],
    ['other partitions are assigned', () => undefined],
  ])('is not tried again once %s', async (_what, end) => {
    const tries = { 3: 0, 4: 0 };
    const states: PartitionStates = {
      get(_context, partition) {
        tries[partition === 3 ? 3 : 4] += 1;
        return Promise.reject(new Error('home does not answer'));
      },
      loaded: () => [],
      drop: () => undefined,
      forget: () => undefined,
    };
    const complete = () => Promise.resolve();
    const takeOver = createTakeOver({ states, log: silentLog, projector: 'p', complete });
    takeOver.begin([{ ...taken, partition: 3 }]);
    end(takeOver);
    takeOver.begin([{ ...taken, partition: 4 }]);
    await expect.poll(() => tries[4]).toBeGreaterThan(3);
    await takeOver.stop();
    expect(tries[3]).toBe(1);
  });

  it('keeps no process from its end while home neither answers nor refuses', async () => {
    let asked = 0;
    const states: PartitionStates = {
      get() {
        asked += 1;
        return new Promise(() => undefined);
      },
      loaded: () => [],
      drop: () => undefined,
      forget: () => undefined,
    };
    const complete = () => Promise.resolve();
    const takeOver = createTakeOver({ states, log: silentLog, projector: 'p', complete });
    takeOver.begin([taken]);
    await expect.poll(() => asked).toBe(1);
    await takeOver.stop();
  });
});
