import { randomUUID } from 'node:crypto';
import { connectCassandra, dropKeyspace, ensureKeyspace } from '@meridian/cassandra';
import {
  firstGeneration,
  fold,
  type Mutation,
  projected,
  type Projection,
  type Reader,
  type RecordedEvent,
} from '@meridian/projection';
import { createRowWriter, createTotalReads, createTotals } from '@meridian/projector';
import { createReader, ensureTables } from '@meridian/read-store';

/** A projection's tables in a keyspace of their own, on a real Cassandra. */
export interface TestRows {
  readonly reader: Reader;
  /** Applies events as the runtime does: one batch per Kafka partition. */
  apply(...events: readonly RecordedEvent[]): Promise<void>;
  /** Applies mutations as if the projection had made them of an event. */
  applyOf(event: RecordedEvent, mutations: readonly Mutation[]): Promise<void>;
  /** Drops the keyspace. */
  close(): Promise<void>;
}

/** Creates the tables. Rejects when the environment names no Cassandra: an integration test is never skipped. */
export async function openTestRows(projection: Projection): Promise<TestRows> {
  const contactPoint = process.env['MERIDIAN_CASSANDRA_EU_WEST'];
  if (!contactPoint)
    throw new Error('this test needs Cassandra: set MERIDIAN_CASSANDRA_EU_WEST to host:port');
  const session = await connectCassandra({ contactPoints: [contactPoint], localDataCenter: 'eu-west' });
  const keyspace = `rows_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
  const fed = firstGeneration(projection);
  const { generation } = fed;
  await ensureKeyspace(session, keyspace, { 'eu-west': 1, 'us-east': 1 });
  await ensureTables(session, keyspace, fed);
  const writer = createRowWriter({ session, keyspace, generation });
  const totals = createTotals(createTotalReads(session, writer));
  return {
    reader: createReader(session, keyspace, generation),
    async apply(...events) {
      for (const [shard, batch] of Map.groupBy(events, (event) => event.shard)) {
        const { rows, contributions } = fold(batch.map((event) => projected(projection, event)));
        const sums = await totals.add(shard, contributions);
        await writer.write([...rows, ...sums.rows], 'EACH_QUORUM');
        sums.written();
      }
    },
    applyOf: (event, mutations) => writer.write(fold([{ event, mutations }]).rows, 'EACH_QUORUM'),
    async close() {
      await dropKeyspace(session, keyspace);
      await session.close();
    },
  };
}
