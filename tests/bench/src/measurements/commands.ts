import type { Measurement, Scale } from '../measure/measurement.ts';
import { percentile } from '../measure/statistics.ts';
import type { OrderMix } from '../processes/order-mix.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startChild, type Child } from '../system/child.ts';
import { renewFixture, storedOrdersIn } from '../system/fixture.ts';
import {
  bestOf,
  EVEN,
  HOT,
  loadOnce,
  runsAtBest,
  sidesOf,
  startOurs,
  startRaw,
  type BestRuns,
  type OrderServers,
  type StartedRuns,
} from './orders.ts';

/** The concurrencies to try on each side; the raw side has one connection per call. */
export const CALLS_IN_FLIGHT = { ours: [256, 512, 1_024], raw: [2, 4, 8, 16, 32, 64, 128] };
const RAW_CONNECTIONS = 128;
const SWEEP_SECONDS = 2;
/** A service that has just started is slow: without a warm-up, the first number of a sweep would suffer. */
const WARM_UP = { concurrency: 32, seconds: 2 };

function throughput(name: string, goal: number, mix: OrderMix, what: string): Measurement {
  return {
    name,
    what,
    goal,
    unit: 'orders/s',
    kind: 'rate',
    async prepare(system, scale) {
      const storedOrders = scale.storedOrders.small;
      const loader = await startChild('load-orders.ts', {});
      const ours = await startOurs(system, { space: `bench_ours_${storedOrders}`, storedOrders });
      const raw = await startRaw(system, { storedOrders, connections: RAW_CONNECTIONS });
      const loading = { system, loader, mix, seconds: scale.seconds };
      const oursRuns = await ordersTo({ ...loading, servers: ours, candidates: CALLS_IN_FLIGHT.ours });
      const rawRuns = await ordersTo({ ...loading, servers: raw, candidates: CALLS_IN_FLIGHT.raw });
      return sidesOf(loader, [ours, raw], oursRuns.run, rawRuns.run, [
        `calls in flight: ours ${oursRuns.best}, raw ${rawRuns.best}`,
      ]);
    },
  };
}

/** Orders to some servers. They are warm when the first of their runs begins. */
async function ordersTo({
  system,
  loader,
  servers,
  candidates,
  mix,
  seconds,
}: {
  readonly system: BenchSystem;
  readonly loader: Child;
  readonly servers: OrderServers;
  readonly candidates: readonly number[];
  readonly mix: OrderMix;
  readonly seconds: number;
}): Promise<BestRuns> {
  await loadOnce(system, loader, servers, { ...WARM_UP, mix });
  return runsAtBest(candidates, seconds, async (concurrency, lasting) => {
    const question = { concurrency, mix, seconds: lasting };
    const { times: _times, ...sample } = await loadOnce(system, loader, servers, question);
    return sample;
  });
}

/** Our side of `commands.throughput` alone, on open or closed engines. */
export async function startCommands(system: BenchSystem, scale: Scale): Promise<StartedRuns> {
  const storedOrders = scale.storedOrders.small;
  const loader = await startChild('load-orders.ts', system.callers);
  const servers = await startOurs(system, { space: `bench_ours_${storedOrders}`, storedOrders });
  const candidates = CALLS_IN_FLIGHT.ours;
  const runs = await ordersTo({ system, loader, servers, candidates, mix: EVEN, seconds: scale.seconds });
  return {
    ...runs,
    async stop() {
      await Promise.all([loader.stop(), servers.stop()]);
    },
  };
}

/** Many callers: durable orders per second. */
export const commandsThroughput = throughput(
  'commands.throughput',
  3.5,
  EVEN,
  'PlaceOrder of 5 lines over gRPC, relay off ÷ a bare grpc-js handler doing one bare mysql2 transaction an order',
);

/** Many callers on few products. */
export const commandsHot = throughput(
  'commands.hot',
  4.0,
  HOT,
  'the same with 80 % of the lines on 10 products, both',
);

/** One caller at a time. */
export const commandsLatency: Measurement = {
  name: 'commands.latency_p99',
  what: 'one caller at a time: ours ÷ the bare handler',
  goal: 1.5,
  unit: 'ms',
  kind: 'time',
  percentile: 0.99,
  async prepare(system, scale) {
    const storedOrders = scale.storedOrders.small;
    const loader = await startChild('load-orders.ts', {});
    const ours = await startOurs(system, { space: `bench_ours_${storedOrders}`, storedOrders });
    const raw = await startRaw(system, { storedOrders, connections: 4 });
    const run = (servers: typeof ours, calls: number) => async () => {
      const sample = await loadOnce(system, loader, servers, { concurrency: 1, mix: EVEN, calls });
      return { ...sample, value: percentile(sample.times, 0.99) };
    };
    for (const servers of [ours, raw]) await run(servers, Math.min(200, scale.samples))();
    return sidesOf(loader, [ours, raw], run(ours, scale.samples), run(raw, scale.samples));
  },
};

/** Three replicas on one MySQL. */
export const commandsReplicas: Measurement = {
  name: 'commands.replicas',
  what: 'three replicas together ÷ one',
  goal: 0.9,
  unit: 'orders/s',
  kind: 'rate',
  async prepare(system, scale) {
    const storedOrders = scale.storedOrders.small;
    const space = `bench_ours_${storedOrders}`;
    const loader = await startChild('load-orders.ts', {});
    const three = await startOurs(system, { space, storedOrders, replicas: 3 });
    const one = await startOurs(system, { space, storedOrders });
    const load = async (servers: typeof one, concurrency: number, seconds: number) => {
      const { times: _times, ...sample } = await loadOnce(system, loader, servers, {
        concurrency,
        mix: EVEN,
        seconds,
      });
      return sample;
    };
    for (const servers of [three, one]) await loadOnce(system, loader, servers, { ...WARM_UP, mix: EVEN });
    const sweep = Math.min(SWEEP_SECONDS, scale.seconds);
    const best = (servers: typeof one) =>
      bestOf(CALLS_IN_FLIGHT.ours, async (concurrency) => (await load(servers, concurrency, sweep)).value);
    const [threeBest, oneBest] = [await best(three), await best(one)];
    const run = (servers: typeof one, concurrency: number) => () => load(servers, concurrency, scale.seconds);
    return sidesOf(loader, [three, one], run(three, threeBest), run(one, oneBest), [
      `calls in flight: three replicas ${threeBest}, one ${oneBest}`,
    ]);
  },
};

/** Whether the rate is the same with many stored orders. */
export const flatnessCommands: Measurement = {
  name: 'flatness.commands',
  what: 'commands a second with many orders stored ÷ with few',
  goal: 0.9,
  unit: 'orders/s',
  kind: 'rate',
  async prepare(system, { storedOrders: { small, large }, seconds }) {
    const loader = await startChild('load-orders.ts', {});
    const many = await startOurs(system, { space: `bench_ours_${large}`, storedOrders: large });
    const fewSpace = `bench_few_${small}`;
    const few = await startOurs(system, { space: fewSpace, storedOrders: small });
    const run = async (servers: typeof few) => {
      const { times: _times, ...sample } = await loadOnce(system, loader, servers, {
        concurrency: 512,
        mix: EVEN,
        seconds,
      });
      return sample;
    };
    // A run adds more orders than the small fixture has: so each run begins with a new small fixture.
    const runFew = async () => {
      await renewFixture(system.mysql, fewSpace, small);
      return run(few);
    };
    const runMany = () => run(many);
    for (const once of [runMany, runFew]) await once();
    const stored = await storedOrdersIn(system.mysql, `bench_ours_${large}`);
    return sidesOf(loader, [many, few], runMany, runFew, [
      `${stored} orders stored ÷ ${small}, each at the first run's begin`,
    ]);
  },
};
