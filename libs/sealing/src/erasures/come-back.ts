import { checkedName, type CassandraSession } from '@meridian/cassandra';
import { dateOf, textOf, type MysqlPool } from '@meridian/mysql';
import { checkedSchema } from '../key-changes.ts';

/** Where to look. */
export interface ComeBackOptions {
  readonly pool: MysqlPool;
  /** The keys' schema in MySQL. */
  readonly schema: string;
  /** A region, and the keyspace of its copies. */
  readonly session: CassandraSession;
  readonly keyspace: string;
  /** How many copies one question reads. */
  readonly pageSize?: number;
}

const PAGE = 1_000;
const TIMEOUT_MS = 10_000;

/**
 * The customers whose keys have come back: a region knows each as destroyed, and MySQL has a key that is not later. A
 * restored MySQL has them. A key that was made after the destruction is another customer's life, and not among them.
 * Reads all copies of the region, page by page.
 */
export async function* keysThatCameBack(options: ComeBackOptions): AsyncGenerator<string> {
  const { pool, session, pageSize = PAGE } = options;
  const schema = checkedSchema(options.schema);
  const cql = `SELECT token(customer_id) AS place, customer_id, destroyed, writetime(destroyed) AS changed_at
    FROM ${checkedName(options.keyspace)}.customer_key WHERE token(customer_id) > ? LIMIT ${Math.trunc(pageSize)}`;
  // No token of the partitioner is smaller.
  let place = -(2n ** 63n);
  for (;;) {
    const rows = await session.execute(cql, [place], {
      consistency: 'LOCAL_QUORUM',
      timeoutMs: TIMEOUT_MS,
    });
    const destroyed = rows.filter((row) => row['destroyed'] === true);
    const destroyedAt = new Map(
      destroyed.map((row) => [String(row['customer_id']), BigInt(String(row['changed_at']))]),
    );
    for (const [customerId, madeAt] of await keysOf(pool, schema, [...destroyedAt.keys()]))
      if (madeAt <= (destroyedAt.get(customerId) ?? 0n)) yield customerId;
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    place = BigInt(String(last['place']));
  }
}

/** When the keys of customers were made, in milliseconds, of those that have one. */
async function keysOf(
  pool: MysqlPool,
  schema: string,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  if (customerIds.length === 0) return new Map();
  const { rows } = await pool.query(
    `SELECT customer_id, created_at FROM ${schema}.customer_key WHERE customer_id IN (?) AND state = 1`,
    [customerIds],
  );
  return new Map(
    rows.map((row) => [textOf(row, 'customer_id'), BigInt(dateOf(row, 'created_at').getTime())]),
  );
}
