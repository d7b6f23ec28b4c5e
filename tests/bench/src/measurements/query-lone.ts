import { GetAvailabilityRequest, GetCustomerRequest, GetOrderRequest } from '@meridian/contracts';
import type { Measurement, Sample } from '../measure/measurement.ts';
import { percentile } from '../measure/statistics.ts';
import { startChild } from '../system/child.ts';
import { fillLoneSpace, loneCustomerId, loneProductId, tableNameOf } from '../system/lone-space.ts';
import { contactPointOf, startQueryService, storedOrderId } from '../system/read-space.ts';
import { askOnce, GET_ORDER } from './echo.ts';

const SPACE = 'bench_lone';
/** Enough that no two questions in a row are about the same row. */
const MOST_ROWS = 1_000;
const MEDIAN = 0.5;

interface Question {
  readonly path: string;
  /** The encoded question about the nth row. */
  request(index: number): Uint8Array;
}

function lone(name: string, goal: number, { path, request }: Question, read: string): Measurement {
  return {
    name,
    what: `one caller at a time: ${read} ÷ one prepared read of a row behind a bare grpc-js handler`,
    goal,
    unit: 'ms',
    kind: 'time',
    percentile: MEDIAN,
    async prepare(system, { seconds, storedOrders }) {
      const [home = ''] = system.regions;
      const count = Math.min(MOST_ROWS, storedOrders.small);
      const masterKey = await fillLoneSpace(system, SPACE, count);
      const loader = await startChild('load-calls.ts', {});
      const service = await startQueryService(system, SPACE, home, { MERIDIAN_MASTER_KEY: masterKey });
      const raw = await startChild('raw-query-service.ts', {
        BENCH_CASSANDRA: contactPointOf(system, home),
        BENCH_REGION: home,
        BENCH_KEYSPACE: SPACE,
        BENCH_ORDERS: tableNameOf('orders', 'order_step'),
        BENCH_CUSTOMERS: tableNameOf('customers', 'customer'),
        BENCH_STOCK: tableNameOf('inventory', 'availability'),
      });
      const requests = Array.from({ length: count }, (_, index) => request(index));
      const run = (address: string, pid: number) => async (): Promise<Sample> => {
        const question = { address, path, requests, concurrency: 1, seconds };
        const sample = await askOnce(system, loader, question, { server: pid });
        return { ...sample, value: percentile(sample.times, MEDIAN) };
      };
      const ours = run(service.address, service.pid);
      const bare = run(`127.0.0.1:${await raw.ask<number>({})}`, raw.pid);
      // Services and engines compile their hot code meanwhile.
      for (const once of [ours, bare]) await once();
      return {
        ours,
        raw: bare,
        close: async () => void (await Promise.all([loader.stop(), service.stop(), raw.stop()])),
        notes: [`${count} rows in turn, LOCAL_QUORUM`],
      };
    },
  };
}

/** A lone GetOrder. */
export const queryLoneOrder = lone(
  'query.lone_order',
  1.5,
  {
    path: GET_ORDER,
    request: (index) => GetOrderRequest.encode({ orderId: storedOrderId(index), read: undefined }).finish(),
  },
  'GetOrder',
);

/** A lone GetCustomer: its row, its key, and what its orders are worth. */
export const queryLoneCustomer = lone(
  'query.lone_customer',
  2,
  {
    path: '/meridian.customers.v1.CustomersQueryService/GetCustomer',
    request: (index) =>
      GetCustomerRequest.encode({ customerId: loneCustomerId(index), read: undefined }).finish(),
  },
  'GetCustomer with personal data and the worth of three orders',
);

/** A lone GetAvailability. */
export const queryLoneAvailability = lone(
  'query.lone_availability',
  1.5,
  {
    path: '/meridian.inventory.v1.InventoryQueryService/GetAvailability',
    request: (index) =>
      GetAvailabilityRequest.encode({ productId: loneProductId(index), read: undefined }).finish(),
  },
  'GetAvailability',
);
