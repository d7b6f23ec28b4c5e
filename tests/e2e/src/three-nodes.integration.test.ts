import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CassandraSession, connectCassandra, ensureKeyspace } from '@meridian/cassandra';
import {
  killEngine,
  nodetool,
  pauseEngine,
  restartEngine,
  resumeEngine,
  startEngines,
  stopEngines,
  type EngineName,
} from '@meridian/engines';
import { cqlName, firstGeneration, fold, projected, type RecordedEvent } from '@meridian/projection';
import { recorded } from '@meridian/projection/testing';
import { createRowWriter } from '@meridian/projector';
import { inventoryProjection, listLowStock, LOW_STOCK_START } from '@meridian/read-model-inventory';
import { PROJECTIONS } from '@meridian/read-models';
import { createReader, ensureSharedTables, ensureTables } from '@meridian/read-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Three Cassandra nodes per region. MySQL may be another's: nothing is kept there.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !name.startsWith('MERIDIAN_') || name === 'MERIDIAN_MYSQL_URL',
  ),
);
const REPLICAS = { 'eu-west': 3, 'us-east': 3 };
const AWAY = 'cassandra-eu-west-3';
const OTHERS: readonly EngineName[] = [
  'cassandra-eu-west',
  'cassandra-eu-west-2',
  'cassandra-us-east',
  'cassandra-us-east-2',
  'cassandra-us-east-3',
];
const { generation } = firstGeneration(inventoryProjection);
const listTable = cqlName({ name: 'stock_by_band' }, generation);

let dataFolder = '';
let contactPoints: readonly string[] = [];
let session: CassandraSession;

/** A session that begins at another node than the one before. */
const connect = (n: number) =>
  connectCassandra({
    contactPoints: contactPoints.map((_, index) => contactPoints[(n + index) % contactPoints.length] ?? ''),
    localDataCenter: 'eu-west',
  });

beforeAll(async () => {
  dataFolder = realpathSync(mkdtempSync(join(tmpdir(), 'meridian-three-')));
  const { addresses } = await startEngines({ dataFolder, environment, nodesPerRegion: 3 });
  contactPoints = (addresses.cassandra['eu-west'] ?? '').split(',');
  session = await connect(0);
});

afterAll(async () => {
  await session?.close();
  await stopEngines(dataFolder);
  rmSync(dataFolder, { recursive: true, force: true });
});

/** What a process of a projector does first. */
async function startFirst(n: number, keyspace: string): Promise<void> {
  const own = await connect(n);
  try {
    await ensureKeyspace(own, keyspace, REPLICAS);
    await ensureSharedTables(own, keyspace);
    for (let index = 0; index < PROJECTIONS.length; index++) {
      const projection = PROJECTIONS[(n + index) % PROJECTIONS.length];
      if (projection) await ensureTables(own, keyspace, firstGeneration(projection));
    }
  } finally {
    await own.close();
  }
}

/** The ids of a keyspace's tables, as one node knows them. */
async function tableIds(contactPoint: string, keyspace: string): Promise<ReadonlyMap<string, string>> {
  const own = await connectCassandra({ contactPoints: [contactPoint], localDataCenter: 'eu-west' });
  try {
    const rows = await own.execute(
      'SELECT table_name, CAST(id AS text) AS id FROM system_schema.tables WHERE keyspace_name = ?',
      [keyspace],
      { consistency: 'LOCAL_ONE' },
    );
    return new Map(rows.map((row) => [String(row['table_name']), String(row['id'])]));
  } finally {
    await own.close();
  }
}

function stockMoved(productId: string, version: bigint, oldOnHand: bigint, onHand: bigint): RecordedEvent {
  const level = { oldOnHand, oldReserved: 0n, onHand, reserved: 0n };
  const data = { productId, delta: onHand - oldOnHand, reason: 'counted', level };
  return recorded(productId, version, version, { type: 'StockAdjusted', data });
}

async function apply(keyspace: string, event: RecordedEvent): Promise<void> {
  const { rows } = fold([projected(inventoryProjection, event)]);
  await createRowWriter({ session, keyspace, generation }).write(rows, 'EACH_QUORUM');
}

/** Requests that the lost node coordinates fail until the driver knows that it is away. */
const isApplied = (keyspace: string, event: RecordedEvent) =>
  apply(keyspace, event).then(
    () => true,
    () => false,
  );

/** How often a band's list has the product, whatever the list makes of it. */
async function rowsInBand(
  keyspace: string,
  { band, bucket, productId }: { band: number; bucket: number; productId: string },
  consistency: 'LOCAL_ONE' | 'LOCAL_QUORUM' = 'LOCAL_QUORUM',
): Promise<number> {
  const found = await session.execute(
    `SELECT version FROM ${keyspace}.${listTable} WHERE band = ? AND bucket = ? AND product_id = ?`,
    [band, bucket, productId],
    { consistency },
  );
  return found.filter((row) => row['version'] !== null).length;
}

async function onEach(names: readonly EngineName[], ...command: readonly string[]): Promise<void> {
  for (const name of names) await nodetool(dataFolder, name, command);
}

describe.sequential('three Cassandra nodes per region', () => {
  it('have one set of tables after the first starts of ten processes at once', async () => {
    for (const keyspace of ['first_one', 'first_two']) {
      await Promise.all(Array.from({ length: 10 }, (_, n) => startFirst(n, keyspace)));
      const [first, ...others] = await Promise.all(contactPoints.map((point) => tableIds(point, keyspace)));
      expect(first?.size).toBeGreaterThan(PROJECTIONS.length);
      for (const other of others) expect(other).toEqual(first);
    }
  });

  it('answer statements that are new while a node of the region sleeps', async () => {
    // For longer than this test may take: only another node can answer for the one that sleeps.
    const readTimeoutMs = 10 * 60_000;
    const own = await connectCassandra({ contactPoints, localDataCenter: 'eu-west', readTimeoutMs });
    const read = (column: string, consistency: 'LOCAL_ONE' | 'LOCAL_QUORUM' = 'LOCAL_QUORUM') =>
      own.execute(
        `SELECT ${column} FROM first_one.${listTable} WHERE band = ? AND bucket = ? AND product_id = ?`,
        [1, 0, 'apple'],
        { consistency },
      );
    await read('version');
    await pauseEngine(dataFolder, 'cassandra-eu-west-2');
    try {
      // Another node is late too, and then answers again: so half of the nodes are late, and more.
      await pauseEngine(dataFolder, 'cassandra-eu-west-3');
      const pausedAtMs = Date.now();
      const late = Promise.all(Array.from({ length: 40 }, () => read('version', 'LOCAL_ONE')));
      await expect.poll(() => Date.now() - pausedAtMs).toBeGreaterThan(1_000);
      await resumeEngine(dataFolder, 'cassandra-eu-west-3');
      await late;
      for (const column of ['band', 'bucket', 'product_id', 'version, band', 'version, bucket']) {
        await Promise.all(Array.from({ length: 20 }, () => read('version')));
        expect(await read(column)).toEqual([]);
      }
    } finally {
      await resumeEngine(dataFolder, 'cassandra-eu-west-2');
      await resumeEngine(dataFolder, 'cassandra-eu-west-3');
      await own.close();
    }
  });

  it('show a product once in a list after a node was away for longer than deletes are kept', async () => {
    const [repaired, returned] = ['first_one', 'first_two'];
    const before = stockMoved('apple', 1n, 0n, 5n);
    const after = stockMoved('apple', 2n, 5n, 700n);
    const place = { band: 1, bucket: before.shard, productId: 'apple' };
    const shown = async (keyspace: string) => {
      const reader = createReader(session, keyspace, generation);
      const { rows } = await listLowStock(reader, 999n, LOW_STOCK_START, 50);
      return rows.map(({ productId, onHand }) => `${productId} ${onHand}`);
    };
    await onEach(OTHERS, 'disablehandoff');
    for (const keyspace of [repaired, returned]) await apply(keyspace, before);
    await onEach([AWAY], 'flush');
    await killEngine(dataFolder, AWAY);
    await session.schema([`ALTER TABLE ${returned}.${listTable} WITH gc_grace_seconds = 1`]);
    for (const keyspace of [repaired, returned])
      await expect.poll(() => isApplied(keyspace, after)).toBe(true);
    const deletedAtMs = Date.now();
    await onEach(OTHERS, 'flush');
    // The deletion is dropped once it is older than a second.
    await expect.poll(() => Date.now() - deletedAtMs).toBeGreaterThan(2_000);
    await onEach(OTHERS, 'compact', returned, listTable);
    await restartEngine(dataFolder, AWAY);
    // Within gc_grace the deletion is still there, and the runbook's repair brings it to the node.
    await onEach([AWAY], 'repair', '--full', repaired);
    // After it, the row comes back everywhere, as soon as the node is one of those that are asked.
    await expect.poll(() => rowsInBand(returned, place)).toBe(1);
    expect(await shown(returned)).toEqual(['apple 700']);
    expect(await shown(repaired)).toEqual(['apple 700']);
    for (const name of OTHERS.slice(0, 2)) await pauseEngine(dataFolder, name);
    const alone = () => rowsInBand(repaired, place, 'LOCAL_ONE').catch(() => undefined);
    await expect.poll(alone).toBe(0);
    for (const name of OTHERS.slice(0, 2)) await resumeEngine(dataFolder, name);
  });
});
