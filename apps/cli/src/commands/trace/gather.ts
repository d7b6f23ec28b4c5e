import type { CassandraSession } from '@meridian/cassandra';
import { fromMessage, partitionKey, topicOf } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { findMessages } from '@meridian/messaging';
import {
  createReader,
  deferredAbove,
  parkedAggregate,
  readProgress,
  readRegister,
} from '@meridian/read-store';
import { readBacklog } from '@meridian/relay';
import { readAggregate, type EventHeader } from '@meridian/write-store';
import { cassandraOf, kafkaOf, onJournal, type CassandraStores } from '../../engine-connections.ts';
import type { ReaderStores, Stores } from '../../engine-stores.ts';
import type { SilentRegion, Trace, TracedRegion } from './findings.ts';
import type { Kind } from './kinds.ts';

/** Where the traces are. */
export interface TraceStores extends Stores {
  readonly keyspace: string;
  readonly cassandraSecurity?: ReaderStores['cassandraSecurity'];
  /** Nodes by region. */
  readonly cassandra: Readonly<Record<string, readonly string[]>>;
}

/** The newest events of an aggregate that a trace reads, at most. */
export const MAX_EVENTS = 1_000;
/** The largest accepted difference between the clocks of database and broker. */
const CLOCKS_DIFFER_MS = 60_000;

/** Reads every store in which an aggregate leaves traces; a store that does not answer is reported as such. */
export async function gather(stores: TraceStores, kind: Kind, aggregateId: string): Promise<Trace> {
  const topic = topicOf(kind.context, stores.topicPrefix);
  const shard = shardOf(aggregateId);
  const { events, backlog } = await onJournal(stores, async (pool) => ({
    events: await readAggregate(pool, { aggregateType: kind.aggregateType, aggregateId }, MAX_EVENTS),
    backlog: await readBacklog(pool),
  }));
  const [offsets, ...regions] = await Promise.all([
    offsetsOf(stores, topic, shard, events),
    ...Object.entries(stores.cassandra).map(([region, nodes]) =>
      inRegion({ ...stores, region, contactPoints: nodes }, kind, aggregateId),
    ),
  ]);
  return {
    aggregate: `${kind.aggregateType}/${aggregateId}`,
    topic,
    events: events.map(({ position, version, type, time }) => ({
      position,
      version,
      type,
      recordedAt: time,
      offset: offsets.byPosition.get(position),
    })),
    shard: backlog.find((one) => one.shard === shard),
    kafkaError: offsets.error,
    regions,
  };
}

async function offsetsOf(
  stores: Stores,
  topic: string,
  partition: number,
  events: readonly EventHeader[],
): Promise<{ byPosition: ReadonlyMap<bigint, string>; error: string | undefined }> {
  const byPosition = new Map<bigint, string>();
  const [first] = events;
  if (!first) return { byPosition, error: undefined };
  const wanted = new Set(events.map(({ position }) => position));
  const positionOf = (headers: Parameters<typeof fromMessage>[0]['headers']) =>
    fromMessage({ partition, headers, value: Buffer.alloc(0) }).position;
  try {
    const found = await findMessages({
      kafka: kafkaOf(stores, 'meridian-trace'),
      topic,
      partition,
      count: events.length,
      since: new Date(first.time.getTime() - CLOCKS_DIFFER_MS),
      isWanted: ({ headers }) => wanted.has(positionOf(headers)),
    });
    for (const { headers, offset } of found) byPosition.set(positionOf(headers), offset);
    return { byPosition, error: undefined };
  } catch (error) {
    return { byPosition, error: String(error) };
  }
}

async function inRegion(
  stores: CassandraStores & Pick<ReaderStores, 'keyspace'>,
  kind: Kind,
  aggregateId: string,
): Promise<TracedRegion | SilentRegion> {
  const { region, keyspace } = stores;
  let session: CassandraSession | undefined;
  try {
    session = await cassandraOf(stores);
    const { name: projector } = kind.projection;
    const register = await readRegister(session, keyspace, projector);
    const generation = register?.live ?? kind.projection.version;
    const { positions } = await readProgress(session, keyspace, { projector, generation, region });
    const owner = { keyspace, projector, generation };
    const place = { context: kind.context, partition: shardOf(aggregateId) };
    const applied = positions.get(partitionKey(place.context, place.partition)) ?? 0n;
    const kept = await deferredAbove(session, owner, place, 0n);
    return {
      region,
      generation,
      applied,
      version: await kind.versionOf(createReader(session, keyspace, generation), aggregateId),
      parked: await parkedAggregate(session, owner, { ...place, aggregateId }),
      // An event above the applied position may only be on its way.
      deferred: kept.find((one) => one.aggregateId === aggregateId && one.position <= applied),
    };
  } catch (error) {
    return { region, error: error instanceof Error ? error.message : String(error) };
  } finally {
    await session?.close();
  }
}
