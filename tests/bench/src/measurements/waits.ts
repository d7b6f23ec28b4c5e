import { ListCustomerOrdersRequest, partitionKey, toToken } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { writeProgress } from '@meridian/projector';
import { NOTHING_PUT_ASIDE } from '@meridian/read-store';
import { ordersProjection } from '@meridian/read-model-orders';
import { setTimeout as pause } from 'node:timers/promises';
import type { Measurement, Sample } from '../measure/measurement.ts';
import type { PublishQuestion } from '../processes/publish-events.ts';
import type { WaitingQuestion } from '../processes/waiting-calls.ts';
import { startChild } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { connectRegion, fillReadSpace, startQueryService } from '../system/read-space.ts';
import type { Service } from '../system/service.ts';

const SPACE = 'bench_waits';
const STORED = 100;
const MOST_WAITERS = 10_000;
const TIMES_FEWER = 10;
/** More than may be under way at once. */
const PLACES = String(2 * MOST_WAITERS);
/** Events are seen on their way, far beyond what is waited for: the read model stands still, and the journal does not. */
const SEEN_FROM = 1_000_000_000n;
const EVENTS_PER_SECOND = 100;
/** A read model that goes on gets there in steps. */
const STEPS = 20;
const LOOK_MS = 20;
const AT_ONCE = 500;
const PATH = '/meridian.orders.v1.OrdersQueryService/ListCustomerOrders';
const PARTITIONS = Array.from({ length: SHARD_COUNT }, (_, partition) => partition);

/** A question for whoever waits until all partitions have reached a position. */
function requestFor(position: bigint): Uint8Array {
  const token = toToken(new Map(PARTITIONS.map((n) => [partitionKey('orders', n), position] as const)));
  const question = { customerId: 'c0001', pageSize: 1, pageToken: '', read: { token } };
  return ListCustomerOrdersRequest.encode(question).finish();
}

const IN_FLIGHT = /^meridian_rpc_in_flight\{[^}]*ListCustomerOrders[^}]*\} (\d+)/m;

const callsAt = async (service: Service) => Number(IN_FLIGHT.exec(await service.metrics())?.[1] ?? 0);

/**
 * Makes calls and resolves when all have reached the service. Makes some at a time: thousands in one burst are refused, because the reads
 * between them come too late. Rejects when a call failed.
 */
async function allWaiting(
  service: Service,
  call: (question: WaitingQuestion) => Promise<number>,
  requests: readonly Uint8Array[],
): Promise<void> {
  for (let begun = 0; begun < requests.length; begun += AT_ONCE) {
    const some = requests.slice(begun, begun + AT_ONCE);
    await call({ kind: 'begin', address: service.address, path: PATH, requests: some });
    while ((await callsAt(service)) < begun + some.length) {
      await call({ kind: 'answered', least: 0 });
      await pause(LOOK_MS);
    }
  }
}

/** What waiting costs query-service. */
export const waitsCost: Measurement = {
  name: 'waits.cost',
  what: `CPU of query-service for many waiting callers ÷ for ${TIMES_FEWER} times fewer, tokens of ${SHARD_COUNT} partitions, while events are seen and progress is polled; then released`,
  goal: 15,
  unit: 'CPU-ms',
  kind: 'time',
  async prepare(system, { seconds, storedOrders }) {
    const { regions } = system;
    const [home = ''] = regions;
    const most = Math.min(MOST_WAITERS, storedOrders.small);
    await fillReadSpace(system, SPACE, STORED);
    const session = await connectRegion(system, home);
    const callers = await startChild('waiting-calls.ts', {});
    const publisher = await startChild('publish-events.ts', {
      BENCH_BROKERS: system.brokers.join(','),
      BENCH_SPACE: SPACE,
      BENCH_POSITION: String(SEEN_FROM),
    });
    const service = await startQueryService(system, SPACE, home, {
      MERIDIAN_CALLS_PER_METHOD: PLACES,
      MERIDIAN_WAITING_PER_METHOD: PLACES,
    });
    const call = (question: WaitingQuestion) => callers.ask<number>(question);
    const publish = (question: PublishQuestion) => publisher.ask(question);
    let reached = BigInt(STORED);

    async function reach(position: bigint): Promise<void> {
      const owner = { projector: 'orders', generation: ordersProjection.version, regions };
      const records = PARTITIONS.map((partition) =>
        writeProgress(session, SPACE, owner, {
          context: 'orders',
          partition,
          position,
          eventTime: new Date(),
          putAside: NOTHING_PUT_ASIDE,
        }),
      );
      await Promise.all(records);
    }
    const run = (waiters: number) => async (): Promise<Sample> => {
      const first = reached;
      reached += BigInt(waiters);
      // A factor that has no divisor in common with the number of waiters: who comes late is not served last.
      const requests = Array.from({ length: waiters }, (_, n) =>
        requestFor(first + BigInt((n * 7_919) % waiters) + 1n),
      );
      const pids = { 'query-service': service.pid, callers: callers.pid, ...(await system.enginePids()) };
      const cpuSince = startCpuCount(pids);
      await call({ kind: 'forget' });
      await allWaiting(service, call, requests);
      await publish({ kind: 'begin-flow', eventsPerSecond: EVENTS_PER_SECOND });
      await pause(seconds * 1_000);
      for (let step = 1; step <= STEPS; step++) {
        const least = Math.floor((waiters * step) / STEPS);
        await reach(first + BigInt(least));
        await call({ kind: 'answered', least });
      }
      await publish({ kind: 'end-flow' });
      const cpuSeconds = cpuSince();
      const value = (cpuSeconds['query-service'] ?? Number.NaN) * 1_000;
      return { value, operations: waiters, cpuSeconds };
    };
    const [many, few] = [run(most), run(most / TIMES_FEWER)];
    for (const once of [few, many]) await once();
    return {
      ours: many,
      raw: few,
      async close() {
        await Promise.all([callers.stop(), publisher.stop(), service.stop(), session.close()]);
      },
      notes: [
        `${most} callers ÷ ${most / TIMES_FEWER}, each run stands still for ${seconds} s with ${EVENTS_PER_SECOND} events/s seen`,
      ],
    };
  },
};
