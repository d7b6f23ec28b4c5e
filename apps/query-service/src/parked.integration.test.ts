import { randomUUID } from 'node:crypto';
import {
  connectCassandra,
  dropKeyspace,
  ensureKeyspace,
  type CassandraSession,
  type Statement,
} from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { SHARD_COUNT, shardOf } from '@meridian/kernel';
import { ensureTables, type Progress } from '@meridian/read-store';
import { firstGeneration } from '@meridian/projection';
import { ordersProjection } from '@meridian/read-model-orders';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createParkedWatch } from './parked.ts';
import { fromEnvironment } from './testing/test-store.ts';

const keyspace = `parked_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
const owner = { projector: ordersProjection.name, generation: ordersProjection.version };
const MANY = 1_000;
const LOOKS = 50;

/** As much as every partition of a context may park, on a real Cassandra. */
describe('what is parked', () => {
  let session: CassandraSession;
  let position = 0n;
  const read = { rows: 0, statements: 0 };
  const counting = (): CassandraSession => ({
    ...session,
    async execute(...args) {
      const rows = await session.execute(...args);
      read.rows += rows.length;
      read.statements++;
      return rows;
    },
  });
  /** What an action reads. */
  async function readBy(act: () => Promise<unknown>) {
    Object.assign(read, { rows: 0, statements: 0 });
    await act();
    return { ...read };
  }
  const progress = (): Progress => ({ positions: everywhere(), highest: position, eventTime: undefined });
  const everywhere = (): Positions =>
    new Map(
      Array.from({ length: SHARD_COUNT }, (_, partition) => [partitionKey('orders', partition), position]),
    );

  beforeAll(async () => {
    session = await connectCassandra({
      contactPoints: [fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST')],
      localDataCenter: 'eu-west',
      readTimeoutMs: 30_000,
    });
    await ensureKeyspace(session, keyspace, { 'eu-west': 1, 'us-east': 1 });
    await ensureTables(session, keyspace, firstGeneration(ordersProjection));
    for (let partition = 0; partition < SHARD_COUNT; partition++)
      for (let start = 0; start < MANY; start += 200)
        await park(
          ...Array.from({ length: 200 }, (_, n) => ({ id: `p${partition}-${start + n}`, partition })),
        );
  });
  afterAll(async () => {
    if (session) await dropKeyspace(session, keyspace);
    await session?.close();
  });

  /** As a projector parks: the list and its mark, then the progress. */
  async function park(...all: readonly { readonly id: string; readonly partition: number }[]): Promise<void> {
    const statements = all.flatMap(({ id, partition }): Statement[] => {
      const at = ++position;
      const of = [owner.projector, owner.generation, 'orders', partition];
      return [
        {
          cql: `INSERT INTO ${keyspace}.parked_aggregate (projector, generation, context, partition, aggregate_id, aggregate_type, reason, first_position, last_position, events, parked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
          params: [...of, id, 'order', 'it cannot be applied', at, at, 1, new Date(), 2n * at + 1n],
        },
        {
          cql: `INSERT INTO ${keyspace}.parked_mark (projector, generation, context, partition, last_position) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?`,
          params: [...of, at, 2n * at + 1n],
        },
      ];
    });
    await session.batch(statements, { consistency: 'EACH_QUORUM' });
  }
  /** As an operator's decision ends it. */
  async function unpark(id: string): Promise<void> {
    const of = [owner.projector, owner.generation, 'orders', shardOf(id)];
    await session.execute(
      `DELETE FROM ${keyspace}.parked_aggregate USING TIMESTAMP ? WHERE projector = ? AND generation = ? AND context = ? AND partition = ? AND aggregate_id = ?`,
      [2n * position + 2n, ...of, id],
      { consistency: 'EACH_QUORUM' },
    );
    await session.execute(
      `INSERT INTO ${keyspace}.parked_mark (projector, generation, context, partition, decision) VALUES (?, ?, ?, ?, ?)`,
      [...of, randomUUID()],
      { consistency: 'EACH_QUORUM' },
    );
  }

  it('costs a look some small rows, however much it is, while nothing changes', async () => {
    const watch = createParkedWatch(counting(), keyspace, owner);
    const first = await readBy(async () =>
      expect((await watch.asOf(progress())).aggregates).toBe(SHARD_COUNT * MANY),
    );
    expect(first.rows).toBeGreaterThanOrEqual(SHARD_COUNT * MANY);
    const looks = await readBy(async () => {
      for (let n = 0; n < LOOKS; n++)
        expect((await watch.asOf(progress())).aggregates).toBe(SHARD_COUNT * MANY);
    });
    expect(looks.rows).toBeLessThanOrEqual(LOOKS * SHARD_COUNT);
    expect(looks.statements).toBeLessThanOrEqual(LOOKS * 2);
  });

  it('is not read whole again for every aggregate of a storm, and none of them is missed', async () => {
    const watch = createParkedWatch(counting(), keyspace, owner);
    await watch.asOf(progress());
    let lists = 0;
    const startedMs = performance.now();
    for (let n = 0; n < LOOKS; n++) {
      const id = `storm-${n}`;
      await park({ id, partition: shardOf(id) });
      const { rows } = await readBy(async () => {
        const { events } = await (await watch.asOf(progress())).of(id, everywhere());
        expect(events).toMatchObject([{ aggregateId: id, firstPosition: position }]);
      });
      if (rows > MANY) lists++;
    }
    // 12,000 rows are read once in 1.2 s at most.
    expect(lists).toBeLessThanOrEqual(1 + (performance.now() - startedMs) / 1_200);
    await expect.poll(async () => (await watch.asOf(progress())).aggregates).toBe(SHARD_COUNT * MANY + LOOKS);
  });

  it('is gone for its next question once a decision ended it, and for the count soon after', async () => {
    const id = 'settled';
    await park({ id, partition: shardOf(id) });
    const watch = createParkedWatch(counting(), keyspace, owner);
    const before = (await watch.asOf(progress())).aggregates;
    expect((await (await watch.asOf(progress())).of(id, everywhere())).events).toHaveLength(1);
    await unpark(id);
    expect((await (await watch.asOf(progress())).of(id, everywhere())).events).toEqual([]);
    await expect.poll(async () => (await watch.asOf(progress())).aggregates).toBe(before - 1);
  });
});
