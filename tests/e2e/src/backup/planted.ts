import { randomBytes } from 'node:crypto';
import { changeSchema, dropKeyspace, ensureKeyspace } from '@meridian/cassandra';
import type { RunningStack } from '@meridian/local-stack';
import { connectKafka, createEventProducer, ensureTopics } from '@meridian/messaging';
import { createPool } from '@meridian/mysql';
import { formsOfText, type Wanted } from '@meridian/testing';
import { inHome, onEveryNode } from './on-cassandra.ts';

const NAME = 'planted';
const CQL = { consistency: 'LOCAL_QUORUM', timeoutMs: 30_000 } as const;
const FLUSH = [['flush']];
/** So much of it that Kafka's producer packs it. */
const REPEATS = 200;
/** So few that they are shorter than a block of MySQL's redo log, so that at most one of them is cut. */
const UNCUT_REPEATS = 3;

/**
 * Plants a text in MySQL, one in Kafka and one in Cassandra, as a service would that forgets to seal. A text is packed where the engine packs, and stands
 * nowhere in the packed bytes as it is. Where rows can be deleted, they are deleted again.
 */
export async function plant(stack: RunningStack): Promise<readonly [Wanted, Wanted, Wanted]> {
  const textOf = (engine: string) => `${engine}-${randomBytes(8).toString('hex')}QXZ`;
  const [mysql, kafka, cassandra] = [textOf('mysql'), textOf('kafka'), textOf('cassandra')];
  await plantInMysql(stack, Buffer.from(mysql).toString('base64'));
  await plantInKafka(stack, packable(kafka));
  await plantInCassandra(stack, packable(cassandra.toLowerCase()));
  const wanted = (text: string): Wanted => ({ what: 'planted', forms: formsOfText(text) });
  return [wanted(mysql), wanted(kafka), wanted(cassandra)];
}

/** Each half comes before the whole: a packer then refers back to them instead of repeating the whole. */
function packable(text: string): string {
  const half = Math.floor(text.length / 2);
  return `${text.slice(0, half)}|${text.slice(half)}|${text}|`.repeat(REPEATS);
}

/**
 * The row that carries the text is deleted again. Another row stays: a page that loses its last row is emptied, its bytes
 * too. The text stands in the row more than once: the redo log's blocks of 512 bytes would sometimes cut it in two.
 */
async function plantInMysql({ engineEnvironment }: RunningStack, text: string): Promise<void> {
  const pool = createPool({ url: engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '', connectionLimit: 1 });
  try {
    await pool.query(`CREATE DATABASE ${NAME}`);
    await pool.query(`CREATE TABLE ${NAME}.${NAME} (id INT PRIMARY KEY, text VARCHAR(1000))`);
    const repeated = Array.from({ length: UNCUT_REPEATS }, () => text).join('|');
    await pool.query(`INSERT INTO ${NAME}.${NAME} VALUES (1, ?), (2, 'stays')`, [repeated]);
    // Writes the table's pages to their file.
    await pool.query(`FLUSH TABLES ${NAME}.${NAME} FOR EXPORT`);
    await pool.query('UNLOCK TABLES');
    await pool.query(`DELETE FROM ${NAME}.${NAME} WHERE id = 1`);
  } finally {
    await pool.close();
  }
}

async function plantInKafka({ engineEnvironment }: RunningStack, text: string): Promise<void> {
  const brokers = (engineEnvironment['MERIDIAN_KAFKA_BROKERS'] ?? '').split(',');
  const kafka = connectKafka({ brokers, clientId: 'meridian-tests' });
  await ensureTopics(kafka, [NAME], 1);
  const producer = await createEventProducer(kafka);
  try {
    const message = { topic: NAME, partition: 0, key: 'a', headers: {}, value: Buffer.from(text) };
    await producer.send([message], { timeoutMs: 30_000 });
  } finally {
    await producer.close();
  }
}

async function plantInCassandra(stack: RunningStack, text: string): Promise<void> {
  const { regions } = stack;
  await inHome(stack, async (session) => {
    await ensureKeyspace(session, NAME, Object.fromEntries(regions.map((region) => [region, 1])));
    await changeSchema(session, [
      `CREATE TABLE IF NOT EXISTS ${NAME}.${NAME} (id int PRIMARY KEY, text text)`,
    ]);
    const insert = `INSERT INTO ${NAME}.${NAME} (id, text) VALUES (1, ?)`;
    await session.execute(insert, [text], { consistency: 'EACH_QUORUM', timeoutMs: 30_000 });
    await onEveryNode(stack, FLUSH);
    await session.execute(`DELETE FROM ${NAME}.${NAME} WHERE id = 1`, [], CQL);
  });
}

/** Removes the keyspace again: its names are not those that a restore expects. */
export async function removePlanted(stack: RunningStack): Promise<void> {
  await inHome(stack, (session) => dropKeyspace(session, NAME));
}

/** Lets engines write what they hold of a customer in memory to their tables' files. */
export async function flushAll(stack: RunningStack): Promise<void> {
  const { database, keysDatabase } = stack.names;
  const pool = createPool({ url: stack.engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '', connectionLimit: 1 });
  try {
    const tables = [`${database}.customer`, `${database}.journal`, `${keysDatabase}.customer_key`];
    await pool.query(`FLUSH TABLES ${tables.join(', ')} FOR EXPORT`);
    await pool.query('UNLOCK TABLES');
  } finally {
    await pool.close();
  }
  await onEveryNode(stack, FLUSH);
}
