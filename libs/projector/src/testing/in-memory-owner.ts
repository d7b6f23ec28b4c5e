import type { CassandraSession, Statement } from '@meridian/cassandra';
import { toMessage, topicOf, type EventEnvelope } from '@meridian/contracts';
import { connectKafka, silentLog, type BatchControl } from '@meridian/messaging';
import type { FedProjection } from '@meridian/projection';
import { stockProjection } from '@meridian/projection/testing/stock-projection';
import { createParkingTablesCql, createProgressTableCql, createTableCql } from '@meridian/read-store';
import type { ParkingBounds } from '../partition/decode-batch.ts';
import type { ProjectionObserver } from '../partition/observer.ts';
import { createEngine, type Engine } from '../run/engine.ts';
import { regionsInMemory, type RegionsInMemory } from './regions-in-memory.ts';

/** Two regions with the tables of the stock's read model. */
export const stockRegions = (): RegionsInMemory =>
  regionsInMemory([
    ...stockProjection.tables.map((table) => createTableCql('k', table, 1)),
    ...createProgressTableCql('k'),
    ...createParkingTablesCql('k'),
  ]);

/** How an owner of the partition differs from a usual one. */
export interface OwnerOptions {
  readonly projection?: FedProjection;
  readonly session?: CassandraSession;
  readonly source?: 'kafka' | 'journal';
  readonly onAnswers?: (answers: boolean) => void;
  readonly observer?: ProjectionObserver;
  readonly parkingBounds?: ParkingBounds;
}

const kafka = connectKafka({ brokers: ['none:1'], clientId: 'not connected' });
const noAnswer = () => {
  throw new Error('Kafka does not answer');
};

/** A process that owns the partition. As a fill, it waits for every region, and cannot write to one region alone. */
export function ownerIn(regions: RegionsInMemory, options: OwnerOptions = {}): Engine {
  const { projection = stockProjection, session = regions.session, source = 'kafka', onAnswers } = options;
  const regionAnswers = (_region: string, answers: boolean) => onAnswers?.(answers);
  return createEngine({
    projection,
    session,
    keyspace: 'k',
    topicPrefix: 't',
    regions: ['eu-west', 'us-east'],
    log: silentLog,
    fromKafka: source === 'kafka',
    ...(source === 'kafka' ? { connectRegion: () => regions.connectRegion() } : {}),
    kafka: Object.assign(Object.create(kafka) as typeof kafka, { admin: noAnswer }),
    observer: { regionAnswers, ...options.observer },
    ...(options.parkingBounds ? { parkingBounds: options.parkingBounds } : {}),
    onCrash: () => undefined,
  });
}

/** The control of a partition that stays with its owner. */
export const ours: BatchControl = {
  heartbeat: () => Promise.resolve(),
  isStale: () => false,
  goOnAt: () => undefined,
  goOn: () => undefined,
};

/** Hands events to an owner as a batch. Offset 0 is position 10. */
export function take(
  { handler }: Engine,
  events: readonly (EventEnvelope | undefined)[],
  control: BatchControl = ours,
): Promise<void> {
  const found = events.flatMap((event) => event ?? []);
  const messages = found.map((event) => {
    const { key, headers, value } = toMessage(event);
    const offset = String(event.position - 10n);
    return { offset, key: Buffer.from(key), headers, value: Buffer.from(value) };
  });
  const partition = found[0]?.shard ?? 0;
  return handler.handle(
    { topic: topicOf('inventory', 't'), partition, highWatermark: '9', messages },
    control,
  );
}

/** Whether statements write to a table. */
export const touches = (table: string, statements: readonly Statement[]): boolean =>
  statements.some(({ cql }) => cql.startsWith(`INSERT INTO k.${table}`));
