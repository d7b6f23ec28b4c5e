import { numberOf, optional, textOf, type MysqlPool } from '@meridian/mysql';
import { checkedSchema, inTransaction, putInLine } from '../key-changes.ts';

const FORGET_AFTER_H = 24;
const PAGE = 1_000;
/** Above this number of queued keys, a fill queues no more keys for a region: the region is not taking them. */
const MOST_IN_LINE = 5_000;
/** After this time, every transaction that did not know of a new region has ended; the database ends them sooner. */
const OLDEST_TRANSACTION_S = 120;

/** Registers the regions that a replica copies to. From now on each key that changes is queued for these regions. */
export async function nameRegions(
  pool: MysqlPool,
  schema: string,
  regions: readonly string[],
): Promise<void> {
  const table = `${checkedSchema(schema)}.key_region`;
  await pool.queryAll(
    `INSERT IGNORE INTO ${table} (region, added_at, wanted_at) VALUES ${regions.map(() => '(?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))').join(', ')};
     UPDATE ${table} SET wanted_at = UTC_TIMESTAMP(3) WHERE region IN (?)`,
    [...regions, regions],
  );
}

/**
 * Notes which table holds a region's copies. Another table than before lacks every key, so the region is filled from all keys again. Safe to
 * repeat, by any number of replicas: a table is filled once.
 */
export async function noteTable(
  pool: MysqlPool,
  schema: string,
  region: string,
  tableId: string,
): Promise<void> {
  await pool.query(
    `UPDATE ${checkedSchema(schema)}.key_region
     SET table_id = ?, fill_round = 1, filled_to = '', added_at = UTC_TIMESTAMP(3)
     WHERE region = ? AND NOT table_id <=> ?`,
    [tableId, region, tableId],
  );
}

/** Forgets regions that no replica has named for a day, and their queued keys. */
export async function forgetRegions(pool: MysqlPool, schema: string): Promise<void> {
  const [, named, waiting] = await pool.queryAll(
    `DELETE FROM ${checkedSchema(schema)}.key_region WHERE wanted_at < UTC_TIMESTAMP(3) - INTERVAL ? HOUR;
     SELECT region FROM ${schema}.key_region; SELECT DISTINCT region FROM ${schema}.key_to_copy`,
    [FORGET_AFTER_H],
  );
  const known = new Set(named?.rows.map((row) => textOf(row, 'region')));
  for (const region of waiting?.rows.map((row) => textOf(row, 'region')) ?? [])
    if (!known.has(region))
      await pool.query(`DELETE FROM ${schema}.key_to_copy WHERE region = ? LIMIT ?`, [region, PAGE]);
}

/**
 * Queues the next thousand keys for each new region. A second round queues keys of transactions that did not
 * know of the region yet. Resolves with whether there is more to do at once.
 */
export async function fillRegions(pool: MysqlPool, schema: string): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT region, fill_round, filled_to FROM ${checkedSchema(schema)}.key_region
     WHERE fill_round = 1 OR (fill_round = 2 AND added_at < UTC_TIMESTAMP(3) - INTERVAL ? SECOND)`,
    [OLDEST_TRANSACTION_S],
  );
  let more = false;
  for (const row of rows) {
    const [region, round] = [textOf(row, 'region'), numberOf(row, 'fill_round')];
    more = (await fillPage(pool, schema, { region, round, after: textOf(row, 'filled_to') })) || more;
  }
  return more;
}

interface Fill {
  readonly region: string;
  readonly round: number;
  readonly after: string;
}

async function fillPage(pool: MysqlPool, schema: string, { region, round, after }: Fill): Promise<boolean> {
  const [line, page] = await pool.queryAll(
    `SELECT COUNT(*) AS n FROM (SELECT 1 FROM ${schema}.key_to_copy WHERE region = ? LIMIT ?) AS waiting;
     SELECT MAX(customer_id) AS last FROM
       (SELECT customer_id FROM ${schema}.customer_key WHERE customer_id > ? ORDER BY customer_id LIMIT ?) AS page`,
    [region, MOST_IN_LINE, after, PAGE],
  );
  const [waiting, found] = [line?.rows[0], page?.rows[0]];
  if (!waiting || !found || numberOf(waiting, 'n') >= MOST_IN_LINE) return false;
  const last = optional(found, 'last', textOf);
  if (last === undefined) {
    await pool.query(
      `UPDATE ${schema}.key_region SET fill_round = IF(fill_round = 1, 2, 0), filled_to = ''
       WHERE region = ? AND fill_round = ? AND filled_to = ?`,
      [region, round, after],
    );
    return false;
  }
  // Their due time is long past, so that keys that change during the fill go first.
  const fill = {
    sql: `INSERT IGNORE INTO ${schema}.key_to_copy (region, customer_id, changed_at, due_at)
          SELECT r.region, k.customer_id, COALESCE(k.destroyed_at, k.created_at), UTC_TIMESTAMP(3) - INTERVAL 1 HOUR
          FROM ${schema}.key_region r CROSS JOIN ${schema}.customer_key k FORCE INDEX (PRIMARY)
          WHERE r.region = ? AND k.customer_id > ? AND k.customer_id <= ?
            AND (r.fill_round = 1
                 OR COALESCE(k.destroyed_at, k.created_at) >= r.added_at - INTERVAL ? SECOND)`,
    values: [region, after, last, OLDEST_TRANSACTION_S],
  };
  // Another replica may have begun the fill anew since, for a table that is new.
  const move = {
    sql: `UPDATE ${schema}.key_region SET filled_to = ? WHERE region = ? AND fill_round = ? AND filled_to = ?`,
    values: [last, region, round, after],
  };
  await inTransaction(pool, [fill, move]);
  return true;
}

/** Queues keys that an older version has changed and not copied within ten seconds: its process may have died. */
export async function adoptKeys(pool: MysqlPool, schema: string): Promise<void> {
  const { rows } = await pool.query(
    `SELECT customer_id FROM ${checkedSchema(schema)}.customer_key FORCE INDEX (customer_key_to_copy)
     WHERE to_copy = TRUE AND COALESCE(destroyed_at, created_at) < UTC_TIMESTAMP(3) - INTERVAL 10 SECOND LIMIT ?`,
    [PAGE],
  );
  const ids = rows.map((row) => textOf(row, 'customer_id')).sort();
  if (ids.length === 0) return;
  const mark = {
    sql: `UPDATE ${schema}.customer_key SET copied = state WHERE customer_id IN (?)`,
    values: [ids],
  };
  await inTransaction(pool, [mark, putInLine(schema, ids)]);
}
