import { sessionWith, unused } from '@meridian/cassandra/testing/stand-in-session';
import { connectKafka, silentLog } from '@meridian/messaging';
import { stockProjection } from '@meridian/projection/testing/stock-projection';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createGapDetector } from '../partition/gap-detector.ts';
import { PartitionState } from '../partition/partition-state.ts';
import { createIdleRewinder } from './idle-rewinder.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A state whose progress goes on at offset 5. */
const stateOf = (partition: number) =>
  new PartitionState({
    context: 'inventory',
    partition,
    regions: ['eu-west'],
    acked: new Map([
      ['eu-west', { context: 'inventory', partition, position: 9n, eventTime: new Date(0), nextOffset: 5n }],
    ]),
    parked: [],
    deferred: new Map(),
  });

/** A rewinder, where the offsets of the group are at 20. */
function setUp() {
  const loaded: PartitionState[] = [];
  const wentOn: string[] = [];
  const offsets = [3, 4].map((partition) => ({ partition, high: '30', low: '0', offset: '20' }));
  const admin = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    fetchOffsets: ({ topics }: { topics: readonly string[] }) =>
      Promise.resolve(topics.map((topic) => ({ topic, partitions: offsets }))),
    fetchTopicOffsets: () => Promise.resolve(offsets),
  };
  const kafka = connectKafka({ brokers: ['none:1'], clientId: 'not connected' });
  const rewinder = createIdleRewinder(
    {
      projection: stockProjection,
      session: sessionWith(),
      kafka: Object.assign(Object.create(kafka) as typeof kafka, { admin: () => admin }),
      keyspace: 'k',
      topicPrefix: 't',
      regions: ['eu-west'],
      log: silentLog,
      onCrash: unused,
    },
    { get: unused, loaded: () => loaded, drop: unused, forget: unused },
    createGapDetector(),
  );
  const taken = [3, 4].map((partition) => ({
    context: 'inventory' as const,
    partition,
    goOnAt: (offset: bigint) => void wentOn.push(`${partition} at ${offset}`),
  }));
  return { loaded, wentOn, rewinder, taken, admin };
}

it('rewinds each idle partition once its state is read, however late that is', async () => {
  const { loaded, wentOn, rewinder, taken } = setUp();
  rewinder.take(taken, new AbortController().signal);
  loaded.push(stateOf(3));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(wentOn).toEqual(['3 at 4']);
  loaded.push(stateOf(4));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(wentOn).toEqual(['3 at 4', '4 at 4']);
  expect(vi.getTimerCount()).toBe(0);
});

it('looks no more at partitions that may be another process’s', async () => {
  const { loaded, wentOn, rewinder, taken } = setUp();
  const assignment = new AbortController();
  rewinder.take(taken, assignment.signal);
  await vi.advanceTimersByTimeAsync(10_000);
  assignment.abort();
  loaded.push(stateOf(3));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(wentOn).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it('does not wait for Kafka any more once it stops', async () => {
  const { loaded, wentOn, rewinder, taken, admin } = setUp();
  const connect = vi.spyOn(admin, 'connect').mockReturnValue(new Promise(() => undefined));
  const assignment = new AbortController();
  rewinder.take(taken, assignment.signal);
  loaded.push(stateOf(3), stateOf(4));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(connect).toHaveBeenCalledTimes(1);
  assignment.abort();
  await rewinder.stop();
  expect(wentOn).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
