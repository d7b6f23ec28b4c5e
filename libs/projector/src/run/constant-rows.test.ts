import { toMessage, topicOf, type EventEnvelope } from '@meridian/contracts';
import { connectKafka, silentLog, type BatchControl } from '@meridian/messaging';
import { defineTable, write, type FedProjection } from '@meridian/projection';
import { tellStock } from '@meridian/projection/testing/stock-projection';
import { createParkingTablesCql, createProgressTableCql, createTableCql } from '@meridian/read-store';
import { expect, it } from 'vitest';
import { regionsInMemory } from '../testing/regions-in-memory.ts';
import { createEngine } from './engine.ts';

const seen = defineTable({
  name: 'test_seen',
  partitionKey: { product_id: 'text' },
  columns: { seen: 'boolean' },
  isConstant: true,
});
const projection: FedProjection = {
  name: 'test_seen',
  version: 1,
  generation: 1,
  contexts: ['inventory'],
  tables: [seen],
  project: ({ aggregateId: product_id }) => [write(seen, { product_id }, { seen: true })],
};
const control: BatchControl = {
  heartbeat: () => Promise.resolve(),
  isStale: () => false,
  goOnAt: () => undefined,
  goOn: () => undefined,
};

const batchOf = (event: EventEnvelope) => {
  const { key, headers, value } = toMessage(event);
  const offset = String(event.position - 1n);
  const message = { offset, key: Buffer.from(key), headers, value: Buffer.from(value) };
  return {
    topic: topicOf('inventory', 't'),
    partition: event.shard,
    highWatermark: '9',
    messages: [message],
  };
};

it('a constant row is written until every region has it, and after partitions or regions came back', async () => {
  const regions = regionsInMemory([
    createTableCql('k', seen, 1),
    ...createProgressTableCql('k'),
    ...createParkingTablesCql('k'),
  ]);
  let writes = 0;
  regions.onTaken = (statements) => {
    writes += statements.filter(({ cql }) => cql.startsWith('INSERT INTO k.test_seen_g1')).length;
  };
  const { handler, stop } = createEngine({
    projection,
    session: regions.session,
    connectRegion: () => regions.connectRegion(),
    probePauseMs: 1,
    keyspace: 'k',
    topicPrefix: 't',
    regions: ['eu-west', 'us-east'],
    log: silentLog,
    fromKafka: true,
    onCrash: () => undefined,
    kafka: connectKafka({ brokers: ['none:1'], clientId: 'not connected' }),
  });
  const events = tellStock(Array.from({ length: 10_000 }, () => ({ productId: 'pear', delta: 1n }))).values();
  const writesOfNext = async () => {
    const before = writes;
    const { value } = events.next();
    if (value) await handler.handle(batchOf(value), control);
    return writes - before;
  };

  regions.remoteAnswers = false;
  expect(await writesOfNext()).toBe(1);
  expect(await writesOfNext()).toBe(1);
  regions.remoteAnswers = true;
  await expect.poll(writesOfNext).toBe(0);
  expect(regions.remote.rows('test_seen_g1')).toHaveLength(1);
  handler.forget();
  expect(await writesOfNext()).toBe(1);
  expect(await writesOfNext()).toBe(0);
  regions.remoteAnswers = false;
  await expect.poll(writesOfNext).toBe(1);
  await stop();
});
