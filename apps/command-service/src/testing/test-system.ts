import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connectCassandra, dropKeyspace, ensureKeyspace } from '@meridian/cassandra';
import {
  CatalogCommandServiceDefinition,
  CONTEXTS,
  CustomersCommandServiceDefinition,
  ErasureServiceDefinition,
  InventoryCommandServiceDefinition,
  JournalServiceDefinition,
  OrdersCommandServiceDefinition,
  topicOf,
} from '@meridian/contracts';
import { connectKafka, deleteTopics } from '@meridian/messaging';
import { createPool, type MysqlPool } from '@meridian/mysql';
import { connectChannels } from '@meridian/rpc';
import { z } from 'zod';

const readyLine = z.object({ event: z.literal('ready'), grpcPort: z.number(), httpPort: z.number() });
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const REPLICATION = { 'eu-west': 1, 'us-east': 1 };

/** One replica as a process of its own, and clients of it. */
export type TestReplica = Awaited<ReturnType<typeof startReplica>>;

/** Schemas, topics and a keyspace of a test's own on the engines of the environment. */
export interface TestSystem {
  readonly topicPrefix: string;
  /** The schema of the customers' keys. */
  readonly keysDatabase: string;
  /** On the schema of orders and journal. */
  readonly pool: MysqlPool;
  /** The schema of the customers' keys. */
  readonly keysSchema: string;
  /** What the home region's copy says of a customer's key. */
  copyOf(customerId: string): Promise<'missing' | 'present' | 'destroyed'>;
  /** Starts a replica and waits until it is ready; `more` changes what its environment says. */
  start(more?: Readonly<Record<string, string>>): Promise<TestReplica>;
  /** Stops what was started and removes what it kept. */
  close(): Promise<void>;
}

/** Prepares the names; nothing runs yet. Throws when the environment names no engines. */
export async function openTestSystem(): Promise<TestSystem> {
  const suffix = randomBytes(6).toString('hex');
  const names = { database: `command_test_${suffix}`, keys: `command_test_keys_${suffix}` };
  const topicPrefix = `command-test-${suffix}`;
  const keyspace = `command_test_${suffix}`;
  const cassandra = fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST');
  const url = fromEnvironment('MERIDIAN_MYSQL_URL');
  const session = await connectCassandra({ contactPoints: [cassandra], localDataCenter: 'eu-west' });
  await ensureKeyspace(session, `${keyspace}_keys`, REPLICATION);
  const environment = {
    MERIDIAN_GRPC_ADDRESS: '127.0.0.1:0',
    MERIDIAN_HTTP_PORT: '0',
    MERIDIAN_DRAIN_MS: '5000',
    MERIDIAN_MYSQL_URL: url,
    MERIDIAN_MYSQL_DATABASE: names.database,
    MERIDIAN_KEYS_DATABASE: names.keys,
    MERIDIAN_KAFKA_BROKERS: fromEnvironment('MERIDIAN_KAFKA_BROKERS'),
    MERIDIAN_TOPIC_PREFIX: topicPrefix,
    MERIDIAN_CASSANDRA: cassandra,
    MERIDIAN_KEYSPACE: keyspace,
    MERIDIAN_MASTER_KEY: randomBytes(32).toString('base64'),
    MERIDIAN_FINGERPRINT_KEY: randomBytes(32).toString('base64'),
  };
  const replicas: TestReplica[] = [];
  const pool = createPool({ url, database: names.database });
  return {
    topicPrefix,
    keysDatabase: names.keys,
    pool,
    keysSchema: names.keys,
    async copyOf(customerId) {
      const cql = `SELECT wrapped_key, destroyed FROM ${keyspace}_keys.customer_key WHERE customer_id = ?`;
      const [row] = await session.execute(cql, [customerId], { consistency: 'LOCAL_QUORUM' });
      if (row?.['destroyed'] === true) return 'destroyed';
      return row?.['wrapped_key'] ? 'present' : 'missing';
    },
    async start(more = {}) {
      const replica = await startReplica({ ...environment, ...more });
      replicas.push(replica);
      return replica;
    },
    async close() {
      await Promise.all(replicas.map((replica) => replica.stop()));
      for (const database of [names.database, names.keys])
        await pool.query(`DROP DATABASE IF EXISTS ${database}`);
      await pool.close();
      await dropKeyspace(session, `${keyspace}_keys`);
      await session.close();
      const brokers = environment.MERIDIAN_KAFKA_BROKERS.split(',');
      // A test may have given a replica a prefix that begins with its system's.
      const topics = [topicPrefix, `${topicPrefix}-new`].flatMap((prefix) =>
        CONTEXTS.map((context) => topicOf(context, prefix)),
      );
      await deleteTopics(connectKafka({ brokers, clientId: 'command-test' }), topics);
    },
  };
}

/** A variable that names an engine. */
export function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must name a running engine`);
  return value;
}

async function startReplica(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'], env });
  const said: string[] = [];
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ports = await Promise.race([
    portsOf(child.stdout, said),
    exited.then(() => Promise.reject(new Error('command-service ended before it was ready'))),
  ]);
  const channels = connectChannels([`127.0.0.1:${ports.grpcPort}`], { maxAttempts: 1 });
  return {
    ...ports,
    catalog: channels.client(CatalogCommandServiceDefinition),
    customers: channels.client(CustomersCommandServiceDefinition),
    erasures: channels.client(ErasureServiceDefinition),
    inventory: channels.client(InventoryCommandServiceDefinition),
    journal: channels.client(JournalServiceDefinition),
    orders: channels.client(OrdersCommandServiceDefinition),
    /** Whether a line of its log holds a text. */
    said: (text: string) => said.some((line) => line.includes(text)),
    /** Sends SIGTERM and gives the exit code. */
    async stop(): Promise<number | null> {
      channels.close();
      child.kill('SIGTERM');
      return exited;
    },
  };
}

function portsOf(
  output: NodeJS.ReadableStream,
  said: string[],
): Promise<{ grpcPort: number; httpPort: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ grpcPort: number; httpPort: number }>();
  // The lines after it are read too, or the pipe would fill.
  createInterface({ input: output })
    .on('line', (line) => {
      said.push(line);
      const ports = readyLine.safeParse(JSON.parse(line));
      if (ports.success) resolve(ports.data);
    })
    .on('close', () => reject(new Error(`command-service said no ports:\n${said.join('\n')}`)));
  return promise;
}
