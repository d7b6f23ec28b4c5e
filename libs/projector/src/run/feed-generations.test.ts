import { once } from 'node:events';
import type { CassandraSession, Row } from '@meridian/cassandra';
import { sessionWith, unused } from '@meridian/cassandra/testing/stand-in-session';
import { connectKafka, silentLog, type KafkaHandle } from '@meridian/messaging';
import { clusteringColumns, cqlName, valueColumns } from '@meridian/projection';
import { stockProjection } from '@meridian/projection/testing/stock-projection';
import { describe, expect, it, vi } from 'vitest';
import { feedGenerations } from './feed-generations.ts';
import type { Journal } from './fill.ts';

const never = new Promise<never>(() => undefined);

/** The columns of the projection's tables, as Cassandra describes them. */
const columns: readonly Row[] = stockProjection.tables.flatMap((table) =>
  Object.entries({
    partition_key: table.partitionKey,
    clustering: clusteringColumns(table),
    regular: valueColumns(table),
    static: table.staticColumns,
  }).flatMap(([kind, declared]) =>
    Object.entries(declared).map(([column_name, type]) => ({
      table_name: cqlName(table, stockProjection.version),
      column_name,
      kind,
      type,
    })),
  ),
);

const generation: Row = {
  projector: stockProjection.name,
  generation: 1,
  version: stockProjection.version,
  created_at: new Date(0),
  fill_until: 0n,
  filled_at: new Date(0),
  max_events_per_second: 0,
  dropped_at: null,
  epoch: 1n,
  live: 1,
  previous: null,
  newest_version: stockProjection.version,
};

/** Feeds the only generation, as its register says. The schema and Kafka are as given. */
function feed(given: {
  readonly schema?: CassandraSession['schema'];
  readonly kafka?: KafkaHandle;
  readonly row?: Row;
  readonly journal?: Journal;
}) {
  const { schema = () => Promise.resolve(true), kafka = kafkaAway().kafka, row = generation } = given;
  const { journal = { head: () => Promise.resolve(1n), read: unused } } = given;
  const execute = async (cql: string) => {
    if (cql.includes('system_schema.columns')) return columns;
    return cql.includes('k.projection_generation') ? [row] : [];
  };
  return feedGenerations({
    projection: stockProjection,
    session: sessionWith({ execute, executeIf: () => Promise.resolve(true), schema }),
    kafka,
    keyspace: 'k',
    topicPrefix: 't',
    regions: ['eu-west'],
    journal,
    log: silentLog,
    onCrash: unused,
  });
}

/** A Kafka that no connect reaches, for as long as a test takes. */
function kafkaAway() {
  const kafka = connectKafka({ brokers: ['none:1'], clientId: 'not connected' });
  const tried: string[] = [];
  const connect = (what: string) => () => {
    tried.push(what);
    return never;
  };
  const { admin, consumer } = kafka;
  kafka.admin = (config) => Object.assign(admin.call(kafka, config), { connect: connect('admin') });
  kafka.consumer = (config) => Object.assign(consumer.call(kafka, config), { connect: connect('consumer') });
  return { kafka, tried };
}

describe('a generation that is not fed yet', () => {
  it('ends at once while the nodes of its region do not agree about its tables', async () => {
    let isWaiting = false;
    const feeding = await feed({
      async schema(statements, signal) {
        if (statements.every((cql) => cql.includes('k.projection_generation'))) return true;
        isWaiting = true;
        await (signal ? once(signal, 'abort') : never);
        return false;
      },
    });
    await expect.poll(() => isWaiting).toBe(true);
    await feeding.stop();
    expect(feeding.status()).toMatchObject({ hasJoined: false, assigned: [] });
  });

  it.each([
    ['its consumer', 'consumer', generation],
    ['the ends of its topics, for its fill', 'admin', { ...generation, filled_at: null }],
  ])('ends at once while Kafka is away: %s', async (_what, client, row) => {
    const { kafka, tried } = kafkaAway();
    const feeding = await feed({ kafka, row });
    await expect.poll(() => tried).toEqual([client]);
    await feeding.stop();
    expect(feeding.status()).toMatchObject({ hasJoined: false, assigned: [] });
  });

  it('is filled once, however often its consumer cannot start', async () => {
    const kafka = connectKafka({ brokers: ['none:1'], clientId: 'not connected' });
    const { consumer } = kafka;
    let tries = 0;
    const connect = () => {
      tries += 1;
      return Promise.reject(new Error('Kafka is away'));
    };
    kafka.consumer = (config) => Object.assign(consumer.call(kafka, config), { connect });
    const looks = vi.fn().mockResolvedValue(0n);
    const journal = { head: looks, read: unused };
    const feeding = await feed({ kafka, row: { ...generation, filled_at: null }, journal });
    await expect.poll(() => tries).toBeGreaterThan(1);
    await feeding.stop();
    expect(looks).toHaveBeenCalledTimes(1);
  });
});
