import { randomUUID } from 'node:crypto';
import { connectCassandra, dropKeyspace, ensureKeyspace, type CassandraSession } from '@meridian/cassandra';
import { toMessage } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import { createRegisterTableCql, ensureTables } from '@meridian/read-store';
import { firstGeneration } from '@meridian/projection';
import { writeProgress } from '@meridian/projector';
import { inventoryProjection } from '@meridian/read-model-inventory';
import { migrationsFolder } from '@meridian/write-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsOf } from './findings.ts';
import { gather, MAX_EVENTS } from './gather.ts';
import { kindOf } from './kinds.ts';

const unique = randomUUID().replaceAll('-', '').slice(0, 16);
const [keyspace, database] = [`trace_${unique}`, `meridian_trace_${unique}`];
const url = process.env['MERIDIAN_MYSQL_URL'] ?? '';
const cassandra = process.env['MERIDIAN_CASSANDRA_EU_WEST'] ?? '';
const brokers = process.env['MERIDIAN_KAFKA_BROKERS'] ?? '';
const fed = firstGeneration(inventoryProjection);
const { name: projector, generation } = fed;
const shard = shardOf('hot');
/** More events than a trace reads. */
const EVENTS = MAX_EVENTS + 5;

describe('a trace of a product that is sold often', () => {
  let session: CassandraSession;
  let pool: MysqlPool;

  beforeAll(async () => {
    if (!url || !cassandra || !brokers) throw new Error('this test needs engines: run `npm test`');
    await migrate({ url, database, folder: migrationsFolder });
    pool = createPool({ url, database });
    await pool.query(
      'INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload, recorded_at, actor, traceparent) VALUES ?',
      [
        Array.from({ length: EVENTS }, (_, index) => [
          index + 1,
          Buffer.from(randomUUID().replaceAll('-', ''), 'hex'),
          shard,
          'stock',
          'hot',
          index + 1,
          'StockReserved',
          Buffer.alloc(1),
          new Date(),
          'test',
          '',
        ]),
      ],
    );
    session = await connectCassandra({
      contactPoints: [cassandra],
      localDataCenter: 'eu-west',
      readTimeoutMs: 30_000,
    });
    await ensureKeyspace(session, keyspace, { 'eu-west': 1, 'us-east': 1 });
    await session.schema([createRegisterTableCql(keyspace)]);
    await ensureTables(session, keyspace, fed);
    await applied(EVENTS - 2);
  });
  afterAll(async () => {
    await pool?.query(`DROP DATABASE IF EXISTS ${database}`);
    await pool?.close();
    if (session) await dropKeyspace(session, keyspace);
    await session?.close();
  });

  const applied = (position: number) =>
    writeProgress(
      session,
      keyspace,
      { projector, generation, regions: ['eu-west'] },
      { context: 'inventory', partition: shard, position: BigInt(position), eventTime: new Date() },
    );
  async function traced(): Promise<string> {
    const stores = { mysqlUrl: url, database, brokers: brokers.split(','), topicPrefix: `trace-${unique}` };
    const stock = kindOf('stock');
    if (!stock) throw new Error('stock cannot be traced');
    const trace = { ...stores, keyspace, cassandra: { 'eu-west': [cassandra] } };
    return findingsOf(await gather(trace, stock, 'hot')).join('\n');
  }

  it('compares with the newest event of the journal', async () => {
    expect(await traced()).toContain(
      `the projector has applied position ${EVENTS - 2} of the partition, version ${EVENTS} is at ${EVENTS}`,
    );
  });

  it('says that a newer projector is needed where an event of an unknown type is kept', async () => {
    const about = { context: 'inventory', aggregateType: 'stock', aggregateId: 'hot', shard } as const;
    const { headers } = toMessage({
      ...about,
      version: BigInt(EVENTS),
      position: BigInt(EVENTS),
      type: 'StockBlessed',
      eventId: randomUUID(),
      time: new Date(),
      traceparent: '',
      payload: new Uint8Array(),
    });
    await session.execute(
      `INSERT INTO ${keyspace}.deferred_event (projector, generation, context, partition, position, kafka_offset, aggregate_id, type, headers, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        projector,
        generation,
        'inventory',
        shard,
        BigInt(EVENTS),
        7n,
        'hot',
        'StockBlessed',
        JSON.stringify(headers),
        Buffer.alloc(0),
      ],
      { consistency: 'EACH_QUORUM' },
    );
    await applied(EVENTS);
    expect(await traced()).toContain(
      'does not know events of type StockBlessed; run a newer version of the projector',
    );
  });
});
