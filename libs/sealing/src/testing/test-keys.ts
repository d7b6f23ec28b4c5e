import { randomBytes, randomUUID } from 'node:crypto';
import { connectCassandra, dropKeyspace, ensureKeyspace, type CassandraSession } from '@meridian/cassandra';
import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import { startKeyCopier, type KeyCopierOptions } from '../key-copier.ts';
import { createKeyCopies, ensureKeyCopies, type KeyCopies } from '../key-copies.ts';
import { inTransaction } from '../key-changes.ts';
import { createKeyStore, keyMigrationsFolder, type KeyStore } from '../key-store.ts';
import { createMasterKey, type MasterKey } from '../master-key.ts';

/** The regions of the engines. */
export const REGIONS = ['eu-west', 'us-east'] as const;
export type Region = (typeof REGIONS)[number];

/**
 * Keys in a schema of the test's own, and one keyspace per region. So copies reach a region only by writes to
 * that region.
 */
export interface TestKeys {
  readonly pool: MysqlPool;
  readonly schema: string;
  /** A schema with a customer table. */
  readonly ordersSchema: string;
  readonly masterKey: MasterKey;
  readonly masterKeyBytes: Buffer;
  /** A customer's key as a region has it, wrapped. */
  wrappedCopy(region: Region, customerId: string): Promise<Buffer>;
  readonly store: KeyStore;
  readonly copies: Readonly<Record<Region, KeyCopies>>;
  /** The table of these copies. */
  copiesIn(region: Region): { readonly session: CassandraSession; readonly keyspace: string };
  /** Regions that refuse connections and writes. */
  readonly away: Set<Region>;
  /** What each region was written, in order. */
  readonly written: { readonly region: Region; readonly customerId: string }[];
  /** Customers whose copies every region refuses. */
  readonly refused: Set<string>;
  /** Gives a customer a key, as a registration does. */
  register(customerId: string): Promise<Buffer>;
  /** The number of queued keys of a region. */
  waiting(region: Region): Promise<number>;
  startCopier(options?: Partial<KeyCopierOptions>): ReturnType<typeof startKeyCopier>;
  close(): Promise<void>;
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: integration tests need real engines, run \`npm test\``);
  return value;
}

/** Opens a schema and keyspaces that no other test uses. */
export async function openTestKeys(): Promise<TestKeys> {
  const suffix = randomUUID().replaceAll('-', '').slice(0, 12);
  const [schema, ordersSchema] = [`keys_${suffix}`, `orders_${suffix}`];
  const url = fromEnvironment('MERIDIAN_MYSQL_URL');
  await migrate({ url, database: schema, folder: keyMigrationsFolder });
  const pool = createPool({ url, database: schema });
  await pool.queryAll(
    `CREATE DATABASE ${ordersSchema}; CREATE TABLE ${ordersSchema}.customer
       (customer_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, erased BOOLEAN NOT NULL)`,
  );
  const masterKeyBytes = randomBytes(32);
  const masterKey = createMasterKey(masterKeyBytes);
  const store = createKeyStore(pool, schema, masterKey);
  const regions = {
    'eu-west': await openRegion('eu-west', 'MERIDIAN_CASSANDRA_EU_WEST', suffix, masterKey),
    'us-east': await openRegion('us-east', 'MERIDIAN_CASSANDRA_US_EAST', suffix, masterKey),
  };
  const [away, refused, written]: [Set<Region>, Set<string>, TestKeys['written']] = [
    new Set(),
    new Set(),
    [],
  ];
  const connect = connectionsTo(regions, { away, refused, written });
  return {
    pool,
    schema,
    ordersSchema,
    masterKey,
    masterKeyBytes,
    wrappedCopy: (region, customerId) => wrappedCopyIn(regions[region], customerId),
    store,
    away,
    refused,
    written,
    copies: { 'eu-west': regions['eu-west'].copies, 'us-east': regions['us-east'].copies },
    copiesIn: (region) => regions[region],
    async register(customerId) {
      const { key, statements } = store.newKey(customerId);
      await inTransaction(pool, statements);
      return key;
    },
    async waiting(region) {
      const sql = 'SELECT COUNT(*) AS n FROM key_to_copy WHERE region = ?';
      return Number((await pool.query(sql, [region])).rows[0]?.['n']);
    },
    startCopier: (options) =>
      startKeyCopier({
        pool,
        schema,
        regions: REGIONS,
        connect,
        pollMs: 20,
        onError: () => undefined,
        ...options,
      }),
    async close() {
      await pool.queryAll(`DROP DATABASE ${schema}; DROP DATABASE ${ordersSchema}`);
      await pool.close();
      for (const { session, keyspace } of Object.values(regions)) {
        await dropKeyspace(session, keyspace);
        await session.close();
      }
    },
  };
}

async function wrappedCopyIn(
  { session, keyspace }: Awaited<ReturnType<typeof openRegion>>,
  customerId: string,
): Promise<Buffer> {
  const cql = `SELECT wrapped_key FROM ${keyspace}.customer_key WHERE customer_id = ?`;
  const [row] = await session.execute(cql, [customerId], { consistency: 'LOCAL_QUORUM' });
  const wrapped = row?.['wrapped_key'];
  if (!Buffer.isBuffer(wrapped)) throw new Error(`${keyspace} has no key of ${customerId}`);
  return wrapped;
}

/** Connects to a region's copies. A region that is away and a refused customer fail; each write is recorded. */
function connectionsTo(
  regions: Readonly<Record<Region, { readonly copies: KeyCopies }>>,
  { away, refused, written }: Pick<TestKeys, 'away' | 'refused' | 'written'>,
) {
  return async (name: string) => {
    const region = REGIONS.find((one) => one === name);
    if (!region || away.has(region)) throw new Error(`${name} is away`);
    const { copies } = regions[region];
    return {
      copies: {
        async write(copy: Parameters<KeyCopies['write']>[0]) {
          if (away.has(region)) throw new Error(`${name} is away`);
          if (refused.has(copy.customerId)) throw new Error(`${copy.customerId} is refused`);
          await copies.write(copy);
          written.push({ region, customerId: copy.customerId });
        },
        tableId: () => copies.tableId(),
      },
      close: () => Promise.resolve(),
    };
  };
}

/** A keyspace in one region alone. */
async function openRegion(region: Region, variable: string, suffix: string, masterKey: MasterKey) {
  const keyspace = `${region.slice(0, 2)}_keys_${suffix}`;
  const contactPoints = [fromEnvironment(variable)];
  const session = await connectCassandra({ contactPoints, localDataCenter: region });
  await ensureKeyspace(session, keyspace, { [region]: 1 });
  await ensureKeyCopies(session, keyspace);
  return { keyspace, session, copies: createKeyCopies(session, keyspace, masterKey) };
}
