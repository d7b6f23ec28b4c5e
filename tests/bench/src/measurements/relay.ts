import { halfOf } from '../measure/load.ts';
import type { Measurement, Sample } from '../measure/measurement.ts';
import { percentile } from '../measure/statistics.ts';
import type { DrainAnswer, DrainQuestion } from '../processes/drain-relay.ts';
import type { LatencyAnswer, LatencyQuestion } from '../processes/relay-latency.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startChild } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { ensureFixture } from '../system/fixture.ts';

const EVENTS_AN_ORDER = 6;
const CALIBRATION_SECONDS = 3;

function environmentOf(system: BenchSystem, database: string) {
  return {
    BENCH_MYSQL_URL: system.mysql.url,
    BENCH_DATABASE: database,
    BENCH_BROKERS: system.brokers.join(','),
  };
}

/** How fast a backlog drains. */
export const relayThroughput: Measurement = {
  name: 'relay.throughput',
  what: 'draining a backlog ÷ the bare loop: select 1,000, sendBatch, move the cursor',
  goal: 1.1,
  unit: 'events/s',
  kind: 'rate',
  async prepare(system, { backlogEvents }) {
    const orders = Math.ceil(backlogEvents / EVENTS_AN_ORDER);
    const database = `bench_backlog_${orders}`;
    await ensureFixture(system.mysql, database, orders);
    const child = await startChild('drain-relay.ts', environmentOf(system, database));
    const run = (side: DrainQuestion['side']) => async (): Promise<Sample> => {
      const events = orders * EVENTS_AN_ORDER;
      const cpuSince = startCpuCount({ relay: child.pid, ...(await system.enginePids()) });
      const { seconds } = await child.ask<DrainAnswer>({ side, events } satisfies DrainQuestion);
      return { value: events / seconds, operations: events, cpuSeconds: cpuSince() };
    };
    await run('ours')();
    await run('raw')();
    return { ours: run('ours'), raw: run('raw'), close: () => child.stop() };
  },
};

/** How soon after its commit an event is in Kafka. */
export const relayLatency: Measurement = {
  name: 'relay.latency_p99',
  what: 'commit to acknowledged by Kafka at half load ÷ producing straight after the commit under the same load',
  goal: 3.0,
  unit: 'ms',
  kind: 'time',
  percentile: 0.99,
  async prepare(system, { seconds, storedOrders }) {
    const database = `bench_latency_${storedOrders.small}`;
    await ensureFixture(system.mysql, database, storedOrders.small);
    const child = await startChild('relay-latency.ts', environmentOf(system, database));
    const ask = (question: LatencyQuestion) => child.ask<LatencyAnswer>(question);
    const calibration = await ask({
      side: 'ours',
      ordersPerSecond: 0,
      seconds: Math.min(CALIBRATION_SECONDS, seconds),
    });
    const load = halfOf(calibration.ordersPerSecond, { unit: 'orders/s', least: 1 });
    const ordersPerSecond = load.perSecond;
    const run = (side: LatencyQuestion['side']) => async (): Promise<Sample> => {
      const cpuSince = startCpuCount({ 'commit and relay': child.pid, ...(await system.enginePids()) });
      const { timesMs } = await ask({ side, ordersPerSecond, seconds });
      const operations = ordersPerSecond * seconds;
      return { value: percentile(timesMs, 0.99), operations, times: timesMs, cpuSeconds: cpuSince() };
    };
    return {
      ours: run('ours'),
      raw: run('raw'),
      close: () => child.stop(),
      load,
      notes: ['the load is half of what this process alone can commit and publish'],
    };
  },
};
