import { connectCassandra, type CassandraSession } from '@meridian/cassandra';
import { decodeEvent, isEventType, partitionKey, type PartitionKey } from '@meridian/contracts';
import { contactPointsOf } from '@meridian/engines';
import type { MysqlPool } from '@meridian/mysql';
import { readJournal } from '@meridian/write-store';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultyEngines } from '../system/engines.ts';
import type { Recorded, RegionRows, Rows } from './history.ts';
import { asText, keyOf, textsOf, type ExpectedTable } from './oracle/cells.ts';
import { contextsOf, type ProjectorName } from './projectors.ts';

const CHUNK = 2_000;
const POLL_MS = 100;

/** The whole journal, decoded. */
export async function readRecorded(pool: MysqlPool): Promise<readonly Recorded[]> {
  const journal: Recorded[] = [];
  for (let position = 0n; ;) {
    const chunk = await readJournal({ pool, afterPosition: position, limit: CHUNK });
    const last = chunk.at(-1);
    if (!last) return journal;
    for (const { type, payload, ...envelope } of chunk) {
      if (!isEventType(type)) throw new Error(`the journal holds an unknown type: ${type}`);
      journal.push({ ...envelope, event: decodeEvent(type, payload) });
    }
    position = last.position;
  }
}

/** One region's store, looked at past every proxy. */
export function storeOf(engines: FaultyEngines, region: string): Promise<CassandraSession> {
  const contactPoints = contactPointsOf(engines.environment, region);
  return connectCassandra({ contactPoints, localDataCenter: region, readTimeoutMs: 10_000 });
}

/** What is to be awaited. */
export interface Awaited {
  readonly keyspace: string;
  readonly region: string;
  readonly projectors: readonly ProjectorName[];
  readonly journal: readonly Recorded[];
  readonly withinMs: number;
}

/** Waits until the read models have applied the journal in a region; says which have not in the end, and how far they are. */
export async function whenApplied(
  session: CassandraSession,
  { keyspace, region, projectors, journal, withinMs }: Awaited,
): Promise<readonly string[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const behind = await looksBehind(session, { keyspace, region, projectors, journal }).catch((error) => [
      `${region}: ${String(error)}`,
    ]);
    if (behind.length === 0 || performance.now() > deadline) return behind;
    await pause(POLL_MS);
  }
}

async function looksBehind(
  session: CassandraSession,
  { keyspace, region, projectors, journal }: Omit<Awaited, 'withinMs'>,
): Promise<string[]> {
  const last = new Map<PartitionKey, bigint>();
  for (const { context, shard, position } of journal) last.set(partitionKey(context, shard), position);
  const appliedBy = await readProgress(session, keyspace, region);
  return projectors.flatMap((projector) => {
    const contexts: readonly string[] = contextsOf(projector);
    const applied = appliedBy(projector);
    const appliedOf = (key: string) => applied.get(key) ?? 0n;
    return [...last]
      .filter(([key]) => contexts.includes(key.split('/')[0] ?? ''))
      .filter(([key, position]) => appliedOf(key) < position)
      .map(([key, position]) => `${projector} in ${region}: ${key} at ${appliedOf(key)} of ${position}`);
  });
}

/** How far each projector is in a region, by context and partition. */
export async function readProgress(
  session: CassandraSession,
  keyspace: string,
  region: string,
): Promise<(projector: string) => ReadonlyMap<string, bigint>> {
  const rows = await session.execute(`SELECT * FROM ${keyspace}.projection_progress`, [], {
    consistency: 'LOCAL_QUORUM',
  });
  return (projector) => {
    const own = rows.filter((row) => row['projector'] === projector && row['region'] === region);
    return new Map(
      own.map((row) => [
        `${asText(row['context'])}/${asText(row['partition'])}`,
        BigInt(asText(row['position']) || '0'),
      ]),
    );
  };
}

const GENERATION = /^(.+)_g(\d+)$/;

/** Every row of every generation of the tables, as one region has them. */
export async function readRows(
  session: CassandraSession,
  keyspace: string,
  region: string,
  expected: readonly ExpectedTable[],
): Promise<RegionRows> {
  const found = await session.execute(
    'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?',
    [keyspace],
    { consistency: 'LOCAL_QUORUM' },
  );
  const tables: RegionRows['tables'][number][] = [];
  for (const { table_name: name } of found) {
    const [, table = '', generation] = GENERATION.exec(String(name)) ?? [];
    const shape = expected.find((one) => one.name === table);
    if (!shape) continue;
    const rows = await readTable(session, `${keyspace}.${String(name)}`, shape);
    tables.push({ table, generation: Number(generation), rows });
  }
  return { region, tables };
}

async function readTable(session: CassandraSession, name: string, shape: ExpectedTable): Promise<Rows> {
  const rows = await session.execute(`SELECT * FROM ${name}`, [], { consistency: 'LOCAL_QUORUM' });
  // A row is there when its owner's version is.
  const there = rows.filter((row) => !('version' in row) || row['version'] !== null);
  return new Map(there.map((row) => [keyOf(shape, row), textsOf(row)]));
}
