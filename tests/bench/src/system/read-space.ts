import { connectCassandra, dropKeyspace, ensureKeyspace, type CassandraSession } from '@meridian/cassandra';
import { CONTEXTS, topicOf } from '@meridian/contracts';
import { contactPointsOf, replicasByRegion } from '@meridian/engines';
import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka, ensureTopics } from '@meridian/messaging';
import { firstGeneration, fold, projected, type Projection, type RecordedEvent } from '@meridian/projection';
import { createRowWriter, writeProgress } from '@meridian/projector';
import { ensureTables, NOTHING_PUT_ASIDE } from '@meridian/read-store';
import { ordersProjection } from '@meridian/read-model-orders';
import { PROJECTIONS } from '@meridian/read-models';
import { ensureKeyCopies } from '@meridian/sealing';
import { placedOrder } from '../processes/order-events.ts';
import type { BenchSystem } from './bench-system.ts';
import type { Service } from './service.ts';

const ROWS_AT_ONCE = 200;

/** The nth order of a read space, from 0. */
export const storedOrderId = (index: number): string => `stored-${String(index).padStart(8, '0')}`;

/** The contact point of a region: its first node, which tells of the others. */
export function contactPointOf(system: BenchSystem, region: string): string {
  const [first = ''] = contactPointsOf(system.engineEnvironment, region);
  return first;
}

/** How many copies of a row each region has: one per node, three at most. */
export const replicasIn = ({ engineEnvironment, regions }: BenchSystem): Record<string, number> =>
  replicasByRegion(engineEnvironment, regions);

/** A session in a region. */
export function connectRegion(system: BenchSystem, region: string): Promise<CassandraSession> {
  const { security } = system;
  return connectCassandra({
    contactPoints: [contactPointOf(system, region)],
    localDataCenter: region,
    security,
  });
}

/**
 * Creates empty keyspaces of this name in all regions, for the rows and for the copies of the keys. Existing keyspaces
 * are dropped.
 */
export async function emptyKeyspaces(
  session: CassandraSession,
  system: BenchSystem,
  space: string,
): Promise<void> {
  const replicas = replicasIn(system);
  // There may be tables of an earlier version of the code.
  await dropKeyspace(session, space);
  await ensureKeyspace(session, space, replicas);
  await ensureKeyspace(session, `${space}_keys`, replicas);
}

/**
 * The read side alone. Creates every read model's tables in keyspaces of this name, and the topics that a query service
 * follows. Fills the tables with orders of five lines that were just placed, as the orders projector would write them.
 */
export async function fillReadSpace(system: BenchSystem, space: string, orders: number): Promise<void> {
  const { regions, brokers, security } = system;
  const [home = ''] = regions;
  const session = await connectRegion(system, home);
  try {
    await emptyKeyspaces(session, system, space);
    await ensureKeyCopies(session, `${space}_keys`);
    for (const projection of PROJECTIONS) await ensureTables(session, space, firstGeneration(projection));
    await ensureTopics(
      connectKafka({ brokers, clientId: 'bench-read-space', security }),
      CONTEXTS.map((context) => topicOf(context, space)),
      SHARD_COUNT,
    );
    const events = Array.from({ length: orders }, (_, index) =>
      placedOrder(storedOrderId(index), BigInt(index + 1)),
    );
    await applyTo({ session, space, regions }, ordersProjection, events);
  } finally {
    await session.close();
  }
}

/** Where events are applied. */
export interface Applying {
  readonly session: CassandraSession;
  readonly space: string;
  readonly regions: readonly string[];
}

/** Writes what events make of a read model, as its projector would: the rows in every region, and then the progress. */
export async function applyTo(
  { session, space, regions }: Applying,
  projection: Projection,
  events: readonly RecordedEvent[],
): Promise<void> {
  const { name: projector, version: generation } = projection;
  const writer = createRowWriter({ session, keyspace: space, generation });
  for (let start = 0; start < events.length; start += ROWS_AT_ONCE) {
    const some = events.slice(start, start + ROWS_AT_ONCE);
    const { rows } = fold(some.map((event) => projected(projection, event)));
    await writer.write(rows, 'EACH_QUORUM');
  }
  for (const { context, shard: partition, position, time: eventTime } of newestByShard(events))
    await writeProgress(
      session,
      space,
      { projector, generation, regions },
      { context, partition, position, eventTime, putAside: NOTHING_PUT_ASIDE },
    );
}

function newestByShard(events: readonly RecordedEvent[]): Iterable<RecordedEvent> {
  return new Map(events.map((event) => [`${event.context}/${event.shard}`, event])).values();
}

/** Starts a query service of a region on a space. */
export async function startQueryService(
  system: BenchSystem,
  space: string,
  region: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Service> {
  await system.admit(space);
  return system.startService(`query-service ${region}`, 'apps/query-service/src/main.ts', space, {
    MERIDIAN_REGION: region,
    MERIDIAN_CASSANDRA: contactPointOf(system, region),
    ...more,
  });
}
