import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import { migrationsFolder } from '@meridian/write-store';

/** The products of every fixture, with stock that never runs short. */
export const PRODUCTS = 1_000;
/** The fixture's customers. */
export const CUSTOMERS = 1_000;

/** The id of the nth product or customer, from 0. */
export const productId = (index: number): string => `p${String(index).padStart(6, '0')}`;
/** The id of the nth customer, from 0. */
export const customerId = (index: number): string => `c${String(index).padStart(6, '0')}`;

const DIGITS = `(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5
  UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)`;
const THOUSAND = `(SELECT a.d + 10 * b.d + 100 * c.d AS n FROM ${DIGITS} a, ${DIGITS} b, ${DIGITS} c) AS numbers`;
const ORDERS_A_PIECE = 1_000;
const EVENTS_A_ORDER = 6;

/** A MySQL server, and the account by which the bench enters it. */
export interface MysqlServer {
  readonly url: string;
  /** Whose signature on its certificate is trusted, in PEM; undefined where it is open. */
  readonly authority?: string;
}

/** A schema with more than this many times its intended orders, from earlier runs, is filled again from empty. */
const KEPT_AT_MOST = 2;

/**
 * Makes sure that a schema holds the fixture and `storedOrders` orders of five lines. The rows are written straight
 * into the tables, as command-service would write them. Orders of an earlier run are kept, unless there are more than
 * twice as many. The relay's cursors are at the journal's end. The tables are those of the given migrations.
 */
export function ensureFixture(
  server: MysqlServer,
  database: string,
  storedOrders: number,
  migrations = migrationsFolder,
): Promise<void> {
  const schema = { server, database, migrations };
  return withSchema(schema, async (pool) => {
    if ((await countOrders(pool)) > KEPT_AT_MOST * storedOrders) await removeOrders(pool);
    await fill(pool, storedOrders);
  });
}

/**
 * Makes sure that a schema holds exactly the fixture's orders. Services may have the schema open, but no work under way
 * in it.
 */
export function renewFixture(server: MysqlServer, database: string, storedOrders: number): Promise<void> {
  return withSchema({ server, database }, async (pool) => {
    await removeOrders(pool);
    await fill(pool, storedOrders);
  });
}

/** How many orders a schema holds. */
export function storedOrdersIn(server: MysqlServer, database: string): Promise<number> {
  return withSchema({ server, database }, countOrders);
}

/** Where a fixture is, and the folder of the migrations that make its tables. */
interface Schema {
  readonly server: MysqlServer;
  readonly database: string;
  readonly migrations?: string;
}

async function withSchema<T>(
  { server, database, migrations = migrationsFolder }: Schema,
  use: (pool: MysqlPool) => Promise<T>,
): Promise<T> {
  await migrate({ ...server, database, folder: migrations });
  const pool = createPool({ ...server, database, connectionLimit: 2, queryTimeoutMs: 600_000 });
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

async function countOrders(pool: MysqlPool): Promise<number> {
  const { rows } = await pool.query('SELECT COUNT(*) AS order_count FROM orders');
  return Number(rows[0]?.['order_count'] ?? 0);
}

async function removeOrders(pool: MysqlPool): Promise<void> {
  await pool.withConnection(async (connection) => {
    await connection.query('SET SESSION foreign_key_checks = 0');
    for (const table of ['order_line', 'orders', 'journal', 'command_log'])
      await connection.query(`TRUNCATE TABLE ${table}`);
    await connection.query('SET SESSION foreign_key_checks = 1');
  });
}

async function fill(pool: MysqlPool, storedOrders: number): Promise<void> {
  await fillBasics(pool);
  for (let stored = await countOrders(pool); stored < storedOrders; stored += ORDERS_A_PIECE)
    await addOrders(pool, stored, Math.min(ORDERS_A_PIECE, storedOrders - stored));
  await pool.query('UPDATE relay_shard SET position = (SELECT position FROM journal_head WHERE id = 1)');
}

async function fillBasics(pool: MysqlPool): Promise<void> {
  await pool.query(
    `INSERT IGNORE INTO product (product_id, name, price_currency, price_minor, version)
     SELECT CONCAT('p', LPAD(n, 6, '0')), CONCAT('product ', n), 'GBP', 100 + n, 1 FROM ${THOUSAND}`,
  );
  await pool.query(
    `INSERT IGNORE INTO stock (product_id, on_hand, reserved, version)
     SELECT product_id, 1000000000000, 0, 1 FROM product`,
  );
  await pool.query(
    `INSERT IGNORE INTO customer (customer_id, sealed_name, sealed_email, sealed_address, country, registered_at, version)
     SELECT CONCAT('c', LPAD(n, 6, '0')), '', '', '', 'France', UTC_TIMESTAMP(3), 1 FROM ${THOUSAND}`,
  );
}

/** Orders `start` to `start + count`, in one transaction: rows of orders, lines, journal and command log. */
async function addOrders(pool: MysqlPool, start: number, count: number): Promise<void> {
  const id = `CONCAT('fixture-', LPAD(${start} + n, 8, '0'))`;
  const some = `${THOUSAND} WHERE n < ${count}`;
  await pool.withConnection(async (connection) => {
    await connection.query('START TRANSACTION');
    await connection.query(
      `INSERT INTO orders (order_id, customer_id, country, currency_code, status, placed_at, placed_on, total_minor, version)
       SELECT ${id}, CONCAT('c', LPAD(n, 6, '0')), 'France', 'GBP', 'placed', UTC_TIMESTAMP(3), UTC_DATE(), 1000, 1 FROM ${some}`,
    );
    await connection.query(
      `INSERT INTO order_line (order_id, line_no, product_id, product_name, quantity, unit_price_minor)
       SELECT ${id}, d + 1, CONCAT('p', LPAD((n * 7 + d * 131) % 1000, 6, '0')), 'product', 1, 200
       FROM ${THOUSAND}, ${DIGITS} AS digits WHERE n < ${count} AND d < 5`,
    );
    await connection.query('SELECT position INTO @head FROM journal_head WHERE id = 1 FOR UPDATE');
    await connection.query(
      `INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload,
                            recorded_at, actor, traceparent)
       SELECT @head + 1 + n * ${EVENTS_A_ORDER} + d, UUID_TO_BIN(UUID()), CRC32(${id}) % 12, IF(d = 5, 'order', 'stock'),
              IF(d = 5, ${id}, CONCAT(${id}, '-', d)), 1, IF(d = 5, 'OrderPlaced', 'StockReserved'), REPEAT('x', IF(d = 5, 300, 60)),
              UTC_TIMESTAMP(3), 'fixture', ''
       FROM ${THOUSAND}, ${DIGITS} AS digits WHERE n < ${count} AND d < ${EVENTS_A_ORDER}`,
    );
    await connection.query(
      `INSERT INTO command_log (request_id, fingerprint, command, aggregate_id, aggregate_version, first_position, event_count,
                                answer, accepted_at)
       SELECT UUID_TO_BIN(UUID()), REPEAT('f', 32), 'PlaceOrder', ${id}, 1, @head + 1 + n * ${EVENTS_A_ORDER}, ${EVENTS_A_ORDER},
              'answer', UTC_TIMESTAMP(3) FROM ${some}`,
    );
    await connection.query('UPDATE journal_head SET position = @head + ? WHERE id = 1', [
      count * EVENTS_A_ORDER,
    ]);
    await connection.query('COMMIT');
  });
}
