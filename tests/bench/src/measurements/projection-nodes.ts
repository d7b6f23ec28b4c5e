import { SHARD_COUNT } from '@meridian/kernel';
import {
  fold,
  KAFKA_PARTITION,
  projected,
  toRecordedEvent,
  type Projection,
  type RecordedEvent,
} from '@meridian/projection';
import { createRowWriter, createTotals, groupWrites, USUAL_GROUPS } from '@meridian/projector';
import { PROJECTIONS } from '@meridian/read-models';
import type { Measurement, Sample } from '../measure/measurement.ts';
import { orderEvents } from '../processes/order-events.ts';
import { ringOf } from '../system/ring.ts';

const NODES = 6;
/** What one look into Kafka brings while the projectors keep up. */
const EVENTS_PER_FETCH = 20;
const ORDERS = 500;
const EVENTS_PER_ORDER = 4;

/** Whether a cluster of several nodes costs more requests. Nothing is sent: requests are counted. */
export const projectionNodes: Measurement = {
  name: 'projection.nodes',
  what: `requests per order for the rows of all read models, with ${NODES} nodes per region ÷ with 1 (counted)`,
  goal: 1.5,
  unit: 'requests per order',
  kind: 'time',
  prepare() {
    const run = (nodes: number) => async (): Promise<Sample> => {
      const value = await requestsPerOrder(nodes);
      return { value, operations: ORDERS * EVENTS_PER_ORDER, cpuSeconds: {} };
    };
    return Promise.resolve({ ours: run(NODES), raw: run(1), close: () => Promise.resolve() });
  },
};

/** How many requests the rows of all read models take per order, with so many nodes per region. */
export async function requestsPerOrder(nodes: number): Promise<number> {
  const made = orderEvents({ events: ORDERS * EVENTS_PER_ORDER, skew: 0 });
  const events = made.flatMap((one) => toRecordedEvent(one) ?? []);
  let requests = 0;
  for (const projection of PROJECTIONS)
    if (projection.contexts.includes('orders')) requests += await requestsOf(projection, events, nodes);
  return requests / ORDERS;
}

/** How many requests a read model's rows take, with a store that answers after one turn of the event loop. */
async function requestsOf(
  projection: Projection,
  events: readonly RecordedEvent[],
  nodes: number,
): Promise<number> {
  let requests = 0;
  const write = groupWrites(
    async () => {
      requests += 1;
      await new Promise((resolve) => setImmediate(resolve));
    },
    { ...USUAL_GROUPS, maxInFlight: 16 },
  );
  const writer = createRowWriter({ session: ringOf(nodes), keyspace: 'k', generation: 1 });
  const totals = createTotals({
    read: async (share, wanted, onRead) => {
      for (const [id, { table, key }] of wanted)
        onRead(id, {
          table,
          key: { ...key, [KAFKA_PARTITION]: share },
          lastPosition: 0n,
          sums: {},
          labels: {},
        });
    },
  });
  for (let from = 0; from < events.length; from += EVENTS_PER_FETCH) {
    const fetched = Map.groupBy(
      events.slice(from, from + EVENTS_PER_FETCH),
      ({ shard }) => shard % SHARD_COUNT,
    );
    await Promise.all(
      [...fetched].map(async ([share, some]) => {
        const { rows, contributions } = fold(some.map((event) => projected(projection, event)));
        const sums = await totals.add(share, contributions);
        await writer.writeBy([...rows, ...sums.rows], (statements, placement) =>
          write(statements, new Set(), placement),
        );
        sums.written();
      }),
    );
  }
  return requests;
}
