import { GetOrderRequest } from '@meridian/contracts';
import { cqlName } from '@meridian/projection';
import { ordersProjection } from '@meridian/read-model-orders';
import type { Measurement, Scale } from '../measure/measurement.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startChild, type Child } from '../system/child.ts';
import { contactPointOf, fillReadSpace, startQueryService, storedOrderId } from '../system/read-space.ts';
import { askOnce, GET_ORDER } from './echo.ts';
import { runsAtBest, type BestRuns, type StartedRuns } from './orders.ts';

const SPACE = 'bench_query';
const MAX_ORDERS = 5_000;
const CALLS_IN_FLIGHT = [32, 64, 128, 256];
const WARM_UP_SECONDS = 2;

/** One order, from its row. */
export const queryThroughput: Measurement = {
  name: 'query.throughput',
  what: 'GetOrder ÷ a bare grpc-js handler doing one bare driver read of the same row',
  goal: 0.8,
  unit: 'answers/s',
  kind: 'rate',
  async prepare(system, { seconds, storedOrders }) {
    const [home = ''] = system.regions;
    const orders = await fill(system, storedOrders);
    const loader = await startChild('load-calls.ts', {});
    const service = await startQueryService(system, SPACE, home);
    const raw = await startChild('raw-query-service.ts', {
      BENCH_CASSANDRA: contactPointOf(system, home),
      BENCH_REGION: home,
      BENCH_KEYSPACE: SPACE,
      BENCH_ORDERS: cqlName({ name: 'order_step' }, ordersProjection.version),
    });
    const rawAddress = `127.0.0.1:${await raw.ask<number>({})}`;
    const loading = { system, loader, orders, seconds };
    const oursRuns = await questionsTo({ ...loading, address: service.address, pid: service.pid });
    const rawRuns = await questionsTo({ ...loading, address: rawAddress, pid: raw.pid });
    return {
      ours: oursRuns.run,
      raw: rawRuns.run,
      async close() {
        await Promise.all([loader.stop(), service.stop(), raw.stop()]);
      },
      notes: [
        `calls in flight: ours ${oursRuns.best}, raw ${rawRuns.best}; ${orders} orders of five lines, LOCAL_QUORUM`,
      ],
    };
  },
};

/** Fills the space with orders; gives how many. */
async function fill(system: BenchSystem, storedOrders: Scale['storedOrders']): Promise<number> {
  const orders = Math.min(MAX_ORDERS, storedOrders.small);
  await fillReadSpace(system, SPACE, orders);
  return orders;
}

/** Questions to one server. It is warm when the first of its runs begins. */
async function questionsTo({
  system,
  loader,
  address,
  pid,
  orders,
  seconds,
}: {
  readonly system: BenchSystem;
  readonly loader: Child;
  readonly address: string;
  readonly pid: number;
  readonly orders: number;
  readonly seconds: number;
}): Promise<BestRuns> {
  const requests = Array.from({ length: orders }, (_, index) =>
    GetOrderRequest.encode({ orderId: storedOrderId(index), read: undefined }).finish(),
  );
  const ask = (concurrency: number, lasting: number) => {
    const question = { address, path: GET_ORDER, requests, concurrency, seconds: lasting };
    return askOnce(system, loader, question, { server: pid });
  };
  // A process that has just started is slow: without a warm-up, the first concurrency would suffer.
  await ask(64, Math.min(WARM_UP_SECONDS, seconds));
  return runsAtBest(CALLS_IN_FLIGHT, seconds, ask);
}

/** Our side of `query.throughput` alone, on open or closed engines. */
export async function startQueries(
  system: BenchSystem,
  { storedOrders, seconds }: Scale,
): Promise<StartedRuns> {
  const [home = ''] = system.regions;
  const orders = await fill(system, storedOrders);
  const loader = await startChild('load-calls.ts', system.callers);
  const { address, pid, stop } = await startQueryService(system, SPACE, home);
  const runs = await questionsTo({ system, loader, address, pid, orders, seconds });
  return {
    ...runs,
    async stop() {
      await Promise.all([loader.stop(), stop()]);
    },
  };
}
