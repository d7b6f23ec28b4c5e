import type { Row } from '@meridian/cassandra';
import { toMessage, topicOf, type EventEnvelope } from '@meridian/contracts';
import { connectKafka, silentLog, type BatchControl, type ReceivedMessage } from '@meridian/messaging';
import type { FedProjection } from '@meridian/projection';
import { stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import {
  createParkingTablesCql,
  createProgressTableCql,
  createTableCql,
  quarantine,
  type DeferredEvent,
  type ParkedAggregate,
} from '@meridian/read-store';
import { beforeEach, describe, expect, it } from 'vitest';
import { applyDeferred } from '../late/apply-deferred.ts';
import { retryParked } from '../late/retry-parked.ts';
import { PartitionState } from '../partition/partition-state.ts';
import { createReapply } from '../regions/reapply.ts';
import { createRegionalStore } from '../store/regional-store.ts';
import { createRowWriter } from '../store/row-writer.ts';
import { createTotalReads } from '../store/total-reads.ts';
import { regionsInMemory, type RegionsInMemory } from '../testing/regions-in-memory.ts';
import { createEngine } from './engine.ts';

const events = tellStock([5n, 7n, -2n].map((delta) => ({ productId: 'pear', delta })));
const place = { context: 'inventory', partition: events[0]!.shard } as const;
const eventTime = new Date(0);
const REGIONS = ['eu-west', 'us-east'];

const toReceived = (event: EventEnvelope): ReceivedMessage => {
  const { key, headers, value } = toMessage(event);
  const offset = String(event.position - 1n);
  return { offset, key: Buffer.from(key), headers, value: Buffer.from(value) };
};

let regions: RegionsInMemory;
let asked: bigint[];
/** Notes the position of every event that it projects. */
const counting: FedProjection = {
  ...stockProjection,
  project(event) {
    asked.push(event.position);
    return stockProjection.project(event);
  },
};

beforeEach(() => {
  asked = [];
  regions = regionsInMemory([
    ...stockProjection.tables.map((table) => createTableCql('k', table, 1)),
    ...createProgressTableCql('k'),
    ...createParkingTablesCql('k'),
  ]);
});

const state = (deferred: ReadonlyMap<bigint, DeferredEvent> = new Map()) => {
  const progress = { ...place, position: 3n, eventTime };
  const acked = new Map(REGIONS.map((region) => [region, progress]));
  return new PartitionState({ ...place, regions: REGIONS, acked, parked: [], deferred });
};

/** A store that has these events quarantined, and takes all writes. */
function lateParts(table: string) {
  const rows = events.map((event): Row => {
    const { aggregateId, position, offset, type, headers, payload } = quarantine(toReceived(event), event);
    return {
      aggregate_id: aggregateId,
      position,
      kafka_offset: offset,
      type,
      headers,
      payload: payload ?? null,
      reason: '',
    };
  });
  const session = {
    ...regions.session,
    execute: (cql: string) => Promise.resolve(cql.includes(`k.${table} `) ? rows : []),
    batch: () => Promise.resolve(),
  };
  const writer = createRowWriter({ session, keyspace: 'k', generation: 1 });
  return {
    projection: counting,
    session,
    writer,
    log: silentLog,
    store: createRegionalStore({ session, regions: REGIONS, log: silentLog }),
    reads: createTotalReads(session, writer),
    owner: { keyspace: 'k', projector: 'p', generation: 1 },
  };
}

describe('a projection is asked once about each event', () => {
  it('of a batch, also when the store takes the rows only at the second try', async () => {
    const { handler, stop } = createEngine({
      projection: counting,
      session: regions.session,
      keyspace: 'k',
      topicPrefix: 't',
      regions: REGIONS,
      log: silentLog,
      fromKafka: true,
      onCrash: () => undefined,
      kafka: connectKafka({ brokers: ['none:1'], clientId: 'not connected' }),
    });
    let tries = 0;
    regions.onTaken = (statements) => {
      if (!statements.some(({ cql }) => cql.startsWith('INSERT INTO k.test_level'))) return;
      tries += 1;
      if (tries === 1) throw new Error('the store does not answer in time');
    };
    const control: BatchControl = {
      heartbeat: () => Promise.resolve(),
      isStale: () => false,
      goOnAt: () => undefined,
      goOn: () => undefined,
    };
    const batch = {
      topic: topicOf('inventory', 't'),
      partition: place.partition,
      highWatermark: '3',
      messages: events.map(toReceived),
    };
    await handler.handle(batch, control);
    expect(tries).toBe(2);
    expect(asked).toEqual([1n, 2n, 3n]);
    await stop();
  });

  it('that a region lacks', async () => {
    const { owner: _, ...parts } = lateParts('none');
    const store = { ...parts.store, writeTo: () => Promise.resolve() };
    const reapply = createReapply({ ...parts, store, keyspace: 'k' });
    await reapply('us-east', state(), 3n, events);
    expect(asked).toEqual([1n, 2n, 3n]);
  });

  it('that was parked and is retried', async () => {
    const aggregate: ParkedAggregate = {
      ...place,
      aggregateId: 'pear',
      aggregateType: 'stock',
      reason: 'cannot',
      events: 3,
      firstPosition: 1n,
      lastPosition: 3n,
      parkedAt: eventTime,
    };
    const result = await retryParked(lateParts('parked_event'), state(), aggregate);
    expect(result).toEqual({ outcome: 'done', detail: '3 events applied' });
    expect(asked).toEqual([1n, 2n, 3n]);
  });

  it('that an earlier version did not know', async () => {
    const known = state(
      new Map(events.map(({ position, aggregateId, type }) => [position, { aggregateId, type }])),
    );
    await applyDeferred({ ...lateParts('deferred_event'), isOurs: () => true }, known);
    expect(known.deferred.size).toBe(0);
    expect(asked).toEqual([1n, 2n, 3n]);
  });
});
