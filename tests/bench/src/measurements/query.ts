import { GetOrderRequest } from '@meridian/contracts';
import { cqlName } from '@meridian/projection';
import { ordersProjection } from '@meridian/read-model-orders';
import type { Measurement } from '../measure/measurement.ts';
import { startChild } from '../system/child.ts';
import { contactPointOf, fillReadSpace, startQueryService, storedOrderId } from '../system/read-space.ts';
import { askOnce, GET_ORDER } from './echo.ts';
import { bestOf } from './orders.ts';

const SPACE = 'bench_query';
const MAX_ORDERS = 5_000;
const CALLS_IN_FLIGHT = [32, 64, 128, 256];
const SWEEP_SECONDS = 2;

/** One order, from its row. */
export const queryThroughput: Measurement = {
  name: 'query.throughput',
  what: 'GetOrder ÷ a bare grpc-js handler doing one bare driver read of the same row',
  goal: 0.8,
  unit: 'answers/s',
  kind: 'rate',
  async prepare(system, { seconds, storedOrders }) {
    const [home = ''] = system.regions;
    const orders = Math.min(MAX_ORDERS, storedOrders.small);
    await fillReadSpace(system, SPACE, orders);
    const requests = Array.from({ length: orders }, (_, index) =>
      GetOrderRequest.encode({ orderId: storedOrderId(index), read: undefined }).finish(),
    );
    const loader = await startChild('load-calls.ts', {});
    const service = await startQueryService(system, SPACE, home);
    const raw = await startChild('raw-query-service.ts', {
      BENCH_CASSANDRA: contactPointOf(system, home),
      BENCH_REGION: home,
      BENCH_KEYSPACE: SPACE,
      BENCH_TABLE: cqlName({ name: 'order_step' }, ordersProjection.version),
    });
    const rawAddress = `127.0.0.1:${await raw.ask<number>({})}`;
    const ask = (address: string, pid: number) => (concurrency: number, lasting: number) => {
      const question = { address, path: GET_ORDER, requests, concurrency, seconds: lasting };
      return askOnce(system, loader, question, { server: pid });
    };
    const [askOurs, askRaw] = [ask(service.address, service.pid), ask(rawAddress, raw.pid)];
    const sweep = Math.min(SWEEP_SECONDS, seconds);
    // A process that has just started is slow: without a warm-up, the first concurrency would suffer.
    for (const once of [askOurs, askRaw]) await once(64, sweep);
    const best = (once: typeof askOurs) =>
      bestOf(CALLS_IN_FLIGHT, async (concurrency) => (await once(concurrency, sweep)).value);
    const [oursBest, rawBest] = [await best(askOurs), await best(askRaw)];
    return {
      ours: () => askOurs(oursBest, seconds),
      raw: () => askRaw(rawBest, seconds),
      async close() {
        await Promise.all([loader.stop(), service.stop(), raw.stop()]);
      },
      notes: [
        `calls in flight: ours ${oursBest}, raw ${rawBest}; ${orders} orders of five lines, LOCAL_QUORUM`,
      ],
    };
  },
};
