import { WatchOrderRequest } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { halfOf } from '../measure/load.ts';
import type { Measurement, Sample } from '../measure/measurement.ts';
import type { ChangeQuestion } from '../processes/change-orders.ts';
import type { PushQuestion } from '../processes/raw-watch-service.ts';
import type { CountAnswer, OpenAnswer, WatchQuestion } from '../processes/watch-orders.ts';
import { startChild } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { contactPointOf, fillReadSpace, startQueryService, storedOrderId } from '../system/read-space.ts';

const SPACE = 'bench_watch';
const STORED = 100;
const WATCHES = 1_000;
const WATCHED_ORDERS = 4;
/** Changes of each order. The most is more than can be pushed to all watchers, so that the server always has work. */
const CHANGES = { unit: 'changes of each order/s', least: 1, most: 60 };
/** Streams that were just opened need some time until all have a message. */
const MIN_SECONDS = 3;

/** Orders of one shard, so that one progress covers all of them. */
function watchedOrders(): readonly string[] {
  const all = Array.from({ length: STORED }, (_, index) => storedOrderId(index));
  const [first = ''] = all;
  return all.filter((id) => shardOf(id) === shardOf(first)).slice(0, WATCHED_ORDERS);
}

/** Pushes per second. */
export const watchFanout: Measurement = {
  name: 'watch.fanout',
  what: 'updates pushed a second to 1,000 watches of 4 orders that change ÷ bare grpc-js server streams, the same messages',
  goal: 0.8,
  unit: 'updates/s',
  kind: 'rate',
  async prepare(system, scale) {
    const seconds = Math.max(MIN_SECONDS, scale.seconds);
    const [home = ''] = system.regions;
    await fillReadSpace(system, SPACE, STORED);
    const orderIds = watchedOrders();
    const watcher = await startChild('watch-orders.ts', {});
    const service = await startQueryService(system, SPACE, home);
    const raw = await startChild('raw-watch-service.ts', {});
    const changes = await startChild('change-orders.ts', {
      BENCH_BROKERS: system.brokers.join(','),
      BENCH_REGIONS: system.regions.join(','),
      BENCH_CASSANDRA: contactPointOf(system, home),
      BENCH_SPACE: SPACE,
      BENCH_POSITION: String(STORED),
    });
    const requests = orderIds.map((orderId) =>
      WatchOrderRequest.encode({ orderId, read: undefined, afterVersion: undefined }).finish(),
    );
    const ask = <Answer>(question: WatchQuestion) => watcher.ask<Answer>(question);
    const open = (address: string) => ask<OpenAnswer>({ kind: 'open', address, requests, streams: WATCHES });
    const { first: message } = await open(service.address);
    await ask({ kind: 'close' });
    const rawAddress = `127.0.0.1:${await raw.ask<number>({ kind: 'know', message } satisfies PushQuestion)}`;
    const tell = (question: ChangeQuestion) => changes.ask<number>(question);
    const load = halfOf(await tell({ kind: 'try', orderIds, seconds: Math.min(2, scale.seconds) }), CHANGES);
    await tell({ kind: 'begin', orderIds, timesPerSecond: load.perSecond });

    const tellRaw = (kind: 'begin' | 'end') => raw.ask({ kind } satisfies PushQuestion);

    const run = (address: string, pid: number) => async (): Promise<Sample> => {
      await open(address);
      // Not earlier: a process that opens streams while messages flood in never finishes opening.
      if (pid === raw.pid) await tellRaw('begin');
      await ask({ kind: 'count', seconds: Math.min(1, seconds) });
      const pids = { server: pid, watcher: watcher.pid, changes: changes.pid };
      const cpuSince = startCpuCount({ ...pids, ...(await system.enginePids()) });
      const counted = await ask<CountAnswer>({ kind: 'count', seconds });
      const cpuSeconds = cpuSince();
      if (pid === raw.pid) await tellRaw('end');
      await ask({ kind: 'close' });
      const { updates, bytes, silent } = counted;
      if (silent > 0) throw new Error(`${silent} of ${WATCHES} watches were told nothing`);
      if (bytes < updates * message.length * 0.95)
        throw new Error('messages are smaller than they should be');
      return { value: updates / counted.seconds, operations: updates, cpuSeconds };
    };
    const [ours, bare] = [run(service.address, service.pid), run(rawAddress, raw.pid)];
    for (const side of [ours, bare]) await side();
    return {
      ours,
      raw: bare,
      load,
      async close() {
        await Promise.all([watcher.stop(), service.stop(), raw.stop(), changes.stop()]);
      },
      notes: [
        `an update is one message on one stream, ${message.length} bytes; ${WATCHED_ORDERS} orders change on both sides`,
      ],
    };
  },
};
