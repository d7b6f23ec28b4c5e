import { randomBytes, randomUUID } from 'node:crypto';
import { connectCassandra, dropKeyspace, ensureKeyspace, type CassandraSession } from '@meridian/cassandra';
import { createRowWriter, createTotalReads, createTotals, writeProgress } from '@meridian/projector';
import { ensureTables } from '@meridian/read-store';
import {
  firstGeneration,
  fold,
  projected,
  type FedProjection,
  type RecordedEvent,
} from '@meridian/projection';
import { PROJECTIONS } from '@meridian/read-models';
import { createKeyCopies, createMasterKey, ensureKeyCopies, type KeyCopies } from '@meridian/sealing';

const REGIONS = ['eu-west', 'us-east'];
const GENERATIONS = PROJECTIONS.map(firstGeneration);

/** All read models in keyspaces of their own on a real Cassandra, filled by hand instead of by projectors. */
export interface TestStore {
  readonly keyspace: string;
  readonly masterKey: Buffer;
  readonly keys: KeyCopies;
  /** Writes the rows of every read model that the events feed, and not their progress. */
  writeRows(...events: readonly RecordedEvent[]): Promise<void>;
  /** Moves the progress of every read model that the events feed. */
  moveProgress(...events: readonly RecordedEvent[]): Promise<void>;
  /** Rows, then progress, as a projector does. */
  apply(...events: readonly RecordedEvent[]): Promise<void>;
  /** Rows of some events and the progress of more for another generation of a projection, whose tables are made. */
  applyAs(
    projection: FedProjection,
    rows: readonly RecordedEvent[],
    progress: readonly RecordedEvent[],
  ): Promise<void>;
  /** Makes a key for a customer; it is in no region before `keys.write` puts it there. */
  newKey(customerId: string): { readonly key: Buffer; readonly wrappedKey: Buffer };
  /** Drops the keyspaces. */
  close(): Promise<void>;
}

/** A variable of the environment. Throws when it is missing: an integration test is never skipped. */
export function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: integration tests need real engines, run \`npm test\``);
  return value;
}

/** A session of its own in the region eu-west. */
export const connectHome = (): Promise<CassandraSession> =>
  connectCassandra({
    contactPoints: [fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST')],
    localDataCenter: 'eu-west',
  });

/** Makes the keyspaces and all tables. */
export async function openTestStore(): Promise<TestStore> {
  const session = await connectHome();
  const keyspace = `query_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const masterKey = randomBytes(32);
  const wrapping = createMasterKey(masterKey);
  for (const name of [keyspace, `${keyspace}_keys`])
    await ensureKeyspace(session, name, { 'eu-west': 1, 'us-east': 1 });
  await ensureKeyCopies(session, `${keyspace}_keys`);
  for (const projection of GENERATIONS) await ensureTables(session, keyspace, projection);
  const writers = new Map(GENERATIONS.map((each) => [each, writerOf(session, keyspace, each)]));

  async function applyAs(
    projection: FedProjection,
    rows: readonly RecordedEvent[],
    progress: readonly RecordedEvent[],
  ): Promise<void> {
    await ensureTables(session, keyspace, projection);
    await writerOf(session, keyspace, projection)(fedBy(projection, rows));
    await moveProgressOf(projection, progress);
  }
  async function writeRows(...events: readonly RecordedEvent[]): Promise<void> {
    for (const [projection, write] of writers) await write(fedBy(projection, events));
  }
  async function moveProgress(...events: readonly RecordedEvent[]): Promise<void> {
    for (const projection of GENERATIONS) await moveProgressOf(projection, events);
  }
  async function moveProgressOf(projection: FedProjection, events: readonly RecordedEvent[]): Promise<void> {
    const owner = { projector: projection.name, generation: projection.generation, regions: REGIONS };
    for (const { context, shard: partition, position, time: eventTime } of fedBy(projection, events))
      await writeProgress(session, keyspace, owner, { context, partition, position, eventTime });
  }
  return {
    keyspace,
    masterKey,
    keys: createKeyCopies(session, `${keyspace}_keys`, wrapping),
    writeRows,
    moveProgress,
    applyAs,
    async apply(...events) {
      await writeRows(...events);
      await moveProgress(...events);
    },
    newKey(customerId) {
      const wrappedKey = wrapping.newWrappedKey(customerId);
      return { wrappedKey, key: wrapping.unwrap(customerId, wrappedKey) };
    },
    async close() {
      for (const name of [keyspace, `${keyspace}_keys`]) await dropKeyspace(session, name);
      await session.close();
    },
  };
}

function fedBy(projection: FedProjection, events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.filter(({ context }) => projection.contexts.includes(context));
}

function writerOf(session: CassandraSession, keyspace: string, projection: FedProjection) {
  const { generation } = projection;
  const writer = createRowWriter({ session, keyspace, generation });
  const totals = createTotals(createTotalReads(session, writer));
  return async (events: readonly RecordedEvent[]): Promise<void> => {
    for (const [shard, batch] of Map.groupBy(events, (event) => event.shard)) {
      const { rows, contributions } = fold(batch.map((event) => projected(projection, event)));
      const sums = await totals.add(shard, contributions);
      await writer.write([...rows, ...sums.rows], 'EACH_QUORUM');
      sums.written();
    }
  };
}
