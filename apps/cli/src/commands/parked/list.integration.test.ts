import { randomUUID } from 'node:crypto';
import { connectCassandra, dropKeyspace, ensureKeyspace, type CassandraSession } from '@meridian/cassandra';
import { toMessage } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { firstGeneration } from '@meridian/projection';
import { createRegisterTableCql, ensureTables } from '@meridian/read-store';
import { ordersProjection } from '@meridian/read-model-orders';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { list } from './list.ts';

const cassandra = process.env['MERIDIAN_CASSANDRA_EU_WEST'] ?? '';
const keyspace = `cli_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
const fed = firstGeneration(ordersProjection);
const { name, generation } = fed;
const EACH = { consistency: 'EACH_QUORUM' } as const;

let session: CassandraSession;
beforeAll(async () => {
  if (!cassandra) throw new Error('this test needs Cassandra: set MERIDIAN_CASSANDRA_EU_WEST to host:port');
  session = await connectCassandra({ contactPoints: [cassandra], localDataCenter: 'eu-west' });
  await ensureKeyspace(session, keyspace, { 'eu-west': 1, 'us-east': 1 });
  await session.schema([createRegisterTableCql(keyspace)]);
  await ensureTables(session, keyspace, fed);
  await session.execute(
    `INSERT INTO ${keyspace}.projection_generation (projector, generation, version, created_at, max_events_per_second, epoch, live, newest_version) VALUES (?, ?, ?, ?, 0, 1, ?, ?)`,
    [name, generation, generation, new Date(), generation, generation],
    EACH,
  );
});
afterAll(async () => {
  await dropKeyspace(session, keyspace);
  await session.close();
});

/** What `meridian parked list` prints. */
async function printed(json: boolean): Promise<string> {
  const texts: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => texts.push(String(text)) > 0);
  try {
    const stores = { mysql: 'mysql://nobody@127.0.0.1:1/', kafka: '127.0.0.1:1' };
    await list(name, { ...stores, cassandra, keyspace, region: 'eu-west', json });
  } finally {
    write.mockRestore();
  }
  return texts.join('');
}

/** Stores an event of an unknown type, as a projector defers it. */
async function keepUnknown(aggregateId: string, position: bigint): Promise<void> {
  const shard = shardOf(aggregateId);
  const about = { context: 'orders', aggregateType: 'order', aggregateId, shard, version: 2n } as const;
  const { headers } = toMessage({
    ...about,
    position,
    type: 'OrderPraised',
    eventId: randomUUID(),
    time: new Date(),
    traceparent: '',
    payload: new Uint8Array(),
  });
  const place = [name, generation, 'orders', shard];
  await session.execute(
    `INSERT INTO ${keyspace}.deferred_event (projector, generation, context, partition, position, kafka_offset, aggregate_id, type, headers, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [...place, position, 7n, aggregateId, 'OrderPraised', JSON.stringify(headers), Buffer.alloc(0)],
    EACH,
  );
  await session.execute(
    `INSERT INTO ${keyspace}.deferred_mark (projector, generation, context, partition, last_position) VALUES (?, ?, ?, ?, ?)`,
    [...place, position],
    EACH,
  );
}

describe('what is parked', () => {
  it('is told to be nothing, as long as nothing is', async () => {
    expect(await printed(false)).toBe('nothing is parked\n');
    expect(JSON.parse(await printed(true))).toEqual([]);
  });

  it('includes events that wait for a newer projector, which answers count as parked too', async () => {
    await keepUnknown('order-1', 12n);
    const text = await printed(false);
    expect(text).toContain('nothing is parked');
    const cells = text.trim().split('\n').at(-1)?.split(/ {2,}/);
    const place = `orders/${shardOf('order-1')}`;
    expect(cells).toEqual(['orders', `${generation}`, place, 'order', 'order-1', 'OrderPraised', '12']);
    expect(JSON.parse(await printed(true))).toMatchObject([
      { state: 'waits-for-version', projector: 'orders', aggregateId: 'order-1', position: '12' },
    ]);
  });
});
