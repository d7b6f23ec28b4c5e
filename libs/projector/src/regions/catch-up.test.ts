import { sessionWith, unused } from '@meridian/cassandra/testing/stand-in-session';
import { connectKafka, silentLog } from '@meridian/messaging';
import { stockProjection } from '@meridian/projection/testing/stock-projection';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PartitionState } from '../partition/partition-state.ts';
import type { CatchUpOptions } from './catch-up-pass.ts';
import { createCatchUp } from './catch-up.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const applied = { context: 'inventory', partition: 3, position: 9n, eventTime: new Date(0) } as const;
const behind = new PartitionState({
  context: 'inventory',
  partition: 3,
  regions: ['eu-west', 'us-east'],
  acked: new Map([['eu-west', applied]]),
  parked: [],
  deferred: new Map(),
});

const reachable = { connectRegion: unused };

const tooMuch = () => {
  throw new Error('too many requests');
};
/** Kafka has dropped all messages of the partition. */
const emptied = () => ({
  connect: () => Promise.resolve(),
  disconnect: () => Promise.resolve(),
  fetchTopicOffsets: () => Promise.resolve([{ partition: 3, low: '20', high: '20', offset: '20' }]),
});

/** A catch-up that asks Kafka through `admin`. Its passes are counted. */
function setUp(admin: () => unknown = tooMuch, reach: Pick<CatchUpOptions, 'connectRegion'> = reachable) {
  const seen = { passes: 0, answers: true, behind: 0 };
  const kafka = connectKafka({ brokers: ['none:1'], clientId: 'not connected' });
  const catchUp = createCatchUp({
    ...reach,
    projection: stockProjection,
    keyspace: 'k',
    topicPrefix: 't',
    log: silentLog,
    kafka: Object.assign(Object.create(kafka) as typeof kafka, {
      admin() {
        seen.passes += 1;
        return admin();
      },
    }),
    store: { regions: [], write: unused, writeTo: unused, isHealthy: () => seen.answers, close: unused },
    states: { get: unused, loaded: () => [behind], drop: unused, forget: unused },
    session: sessionWith(),
    writer: { write: unused, writeBy: unused, statements: unused },
    reads: { read: unused },
    journal: { current: () => undefined },
    onBehind: (_region, partitions) => (seen.behind = partitions),
  });
  return { seen, catchUp };
}

it('a pass that fails begins again after a growing pause, whatever live events ask for meanwhile', async () => {
  const { seen, catchUp } = setUp();
  const passesAfter = async (ms: number) => {
    for (let waited = 0; waited < ms; waited += 100) {
      catchUp.begin('us-east');
      await vi.advanceTimersByTimeAsync(100);
    }
    return seen.passes;
  };
  expect(await passesAfter(900)).toBe(1);
  expect(await passesAfter(1_000)).toBe(2);
  expect(await passesAfter(1_000)).toBe(2);
  expect(await passesAfter(1_000)).toBe(3);
  const before = await passesAfter(60_000);
  expect((await passesAfter(160_000)) - before).toBe(10);
  await catchUp.stop();
});

it('has one timer while Kafka lacks what a region lacks, however often live events ask', async () => {
  const { seen, catchUp } = setUp(emptied);
  for (let batch = 0; batch < 100; batch += 1) {
    catchUp.begin('us-east');
    await vi.advanceTimersByTimeAsync(10);
  }
  const passes = seen.passes;
  expect(passes).toBeGreaterThan(0);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(61_000);
  expect(seen.passes).toBeGreaterThan(passes);
  await catchUp.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it('begins no pass where no region can be reached by itself, and still tells what a region lacks', async () => {
  const { seen, catchUp } = setUp(tooMuch, {});
  catchUp.begin('us-east');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen).toMatchObject({ passes: 0, behind: 1 });
  expect(vi.getTimerCount()).toBe(0);
  await catchUp.stop();
});
