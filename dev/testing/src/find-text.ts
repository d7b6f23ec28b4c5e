import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { connectCassandra } from '@meridian/cassandra';
import { CONTEXTS, topicOf } from '@meridian/contracts';
import { cassandraVariable } from '@meridian/engines';
import type { RunningStack } from '@meridian/local-stack';
import { connectKafka, readRanges, type RangeStart } from '@meridian/messaging';
import { createPool, textOf } from '@meridian/mysql';
import { SHARD_COUNT } from '@meridian/kernel';

/** Where a stack keeps something, as `mysql SCHEMA.TABLE`, `kafka TOPIC`, `cassandra KEYSPACE.TABLE` or `log FILE`. */
export type Place = string;

/** Searches the text of a place where a stack keeps data, piece by piece. */
type Search = (place: Place, ...pieces: readonly unknown[]) => void;

const KAFKA_WITHIN_MS = 60_000;

/**
 * Searches for texts in all data of a stack. The data is all tables in MySQL and Cassandra, its services' logs, and
 * the keys, headers and values of its topics. Answers with the places per text that hold the text unchanged, in
 * UTF-8.
 */
export async function findText(
  stack: RunningStack,
  texts: readonly string[],
): Promise<ReadonlyMap<string, readonly Place[]>> {
  const found = new Map(texts.map((text) => [text, new Set<Place>()]));
  const wanted = texts.map((text) => [text, Buffer.from(text)] as const);
  const search: Search = (place, ...pieces) => {
    for (const piece of pieces) {
      const bytes = bytesOf(piece);
      for (const [text, needle] of wanted) if (bytes.includes(needle)) found.get(text)?.add(place);
    }
  };
  await searchMysql(stack, search);
  await searchKafka(stack, search);
  await searchCassandra(stack, search);
  await searchLogs(stack, search);
  return new Map([...found].map(([text, places]) => [text, [...places].sort()]));
}

function bytesOf(piece: unknown): Buffer {
  if (piece instanceof Uint8Array) return Buffer.from(piece);
  if (typeof piece === 'object' && piece !== null) return Buffer.from(JSON.stringify(piece));
  return Buffer.from(String(piece));
}

async function searchMysql({ engineEnvironment, names }: RunningStack, search: Search): Promise<void> {
  const pool = createPool({ url: engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '' });
  try {
    for (const schema of [names.database, names.keysDatabase]) {
      const { rows: tables } = await pool.query(
        'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
        [schema],
      );
      for (const name of tables.map((row) => textOf(row, 'name')))
        for (const row of (await pool.query(`SELECT * FROM ${schema}.${name}`)).rows)
          search(`mysql ${schema}.${name}`, ...Object.values(row));
    }
  } finally {
    await pool.close();
  }
}

async function searchKafka({ engineEnvironment, names }: RunningStack, search: Search): Promise<void> {
  const brokers = (engineEnvironment['MERIDIAN_KAFKA_BROKERS'] ?? '').split(',');
  const topics = CONTEXTS.map((context) => topicOf(context, names.topicPrefix));
  const ranges = topics.flatMap((topic) =>
    Array.from({ length: SHARD_COUNT }, (_, partition): RangeStart => ({ topic, partition })),
  );
  await readRanges({
    kafka: connectKafka({ brokers, clientId: 'meridian-tests' }),
    ranges,
    signal: AbortSignal.timeout(KAFKA_WITHIN_MS),
    async onMessages(topic, _partition, messages) {
      for (const { key, value, headers } of messages)
        search(`kafka ${topic}`, key, value, ...Object.keys(headers), ...Object.values(headers).flat());
      return 'more';
    },
  });
}

/** Column types that a session reads as they are; columns of other types could not be searched. */
const READ_TYPES = new Set(['text', 'bigint', 'int', 'timestamp', 'boolean', 'blob']);

async function searchCassandra(stack: RunningStack, search: Search): Promise<void> {
  const { engineEnvironment, names, regions } = stack;
  for (const region of regions) {
    const contactPoints = (engineEnvironment[cassandraVariable(region)] ?? '').split(',');
    const session = await connectCassandra({ contactPoints, localDataCenter: region });
    try {
      for (const keyspace of [names.keyspace, `${names.keyspace}_keys`]) {
        const columns = await session.execute(
          'SELECT table_name, column_name, type FROM system_schema.columns WHERE keyspace_name = ?',
          [keyspace],
          { consistency: 'LOCAL_ONE' },
        );
        const unread = columns.find(({ type }) => !READ_TYPES.has(String(type)));
        if (unread) throw new Error(`cannot search in ${Object.values(unread).join(' ')}`);
        for (const table of new Set(columns.map((row) => String(row['table_name'])))) {
          const rows = await session.execute(`SELECT * FROM ${keyspace}.${table}`, [], {
            consistency: 'LOCAL_QUORUM',
          });
          for (const row of rows) search(`cassandra ${keyspace}.${table}`, ...Object.values(row));
        }
      }
    } finally {
      await session.close();
    }
  }
}

async function searchLogs({ folder }: RunningStack, search: Search): Promise<void> {
  const logs = path.join(folder, 'logs');
  for (const file of await readdir(logs)) search(`log ${file}`, await readFile(path.join(logs, file)));
}
