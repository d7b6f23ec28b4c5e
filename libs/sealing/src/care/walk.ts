import { booleanOf, dateOf, numberOf, textOf, type MysqlPool } from '@meridian/mysql';
import { checkedSchema, destroyKey, destroyKeyMadeAt, inTransaction } from '../key-changes.ts';

/** Options of a walk over the keys. */
export interface WalkOptions {
  readonly pool: MysqlPool;
  readonly schema: string;
  readonly ordersSchema: string;
  /** How many keys to look at. */
  readonly pageSize: number;
  /** How long a key must have been without a customer. */
  readonly orphanHours: number;
  /** Whether keys without a customer may be destroyed: only when the keys are known to belong to these customers. */
  readonly sweepOrphans: boolean;
}

interface Key {
  readonly customerId: string;
  readonly isThere: boolean;
  readonly madeAt: Date;
  /** Whether the key has been without a customer for long enough. */
  readonly isOldOrphan: boolean;
  readonly isKnownOrphan: boolean;
}

/**
 * Checks the next keys after the last walk's, and their customers, without a lock. Destroys keys of erased
 * customers, which older versions left, and keys without a customer for `orphanHours`. Resolves with the
 * number of destroyed keys.
 */
export async function walkKeys(options: WalkOptions): Promise<number> {
  const { pool, schema, sweepOrphans } = options;
  const keys = await nextKeys(options);
  const last = keys.length < options.pageSize ? '' : (keys.at(-1)?.customerId ?? '');
  const customers = await erasedById(options, keys);
  const erased = keys.filter((key) => key.isThere && customers.get(key.customerId) === true);
  const alone = keys.filter((key) => key.isThere && !customers.has(key.customerId));
  const gone = sweepOrphans ? alone.filter(({ isOldOrphan }) => isOldOrphan) : [];
  for (const { customerId } of erased) await inTransaction(pool, destroyKey(schema, customerId));
  for (const { customerId, madeAt } of gone)
    await inTransaction(pool, destroyKeyMadeAt(schema, customerId, madeAt));
  await noteOrphans(options, keys, sweepOrphans ? alone : []);
  await pool.query(`UPDATE ${schema}.key_duty SET walked_to = ? WHERE duty = 'care'`, [last]);
  return erased.length + gone.length;
}

async function nextKeys({ pool, schema, pageSize, orphanHours }: WalkOptions): Promise<readonly Key[]> {
  const { rows } = await pool.query(
    `SELECT k.customer_id, k.state, k.created_at, o.found_at IS NOT NULL AS known_orphan,
            COALESCE(GREATEST(o.found_at, k.created_at) < UTC_TIMESTAMP(3) - INTERVAL ? SECOND, FALSE) AS old_orphan
     FROM ${checkedSchema(schema)}.customer_key k FORCE INDEX (PRIMARY)
     LEFT JOIN ${schema}.key_orphan o ON o.customer_id = k.customer_id
     WHERE k.customer_id > (SELECT walked_to FROM ${schema}.key_duty WHERE duty = 'care')
     ORDER BY k.customer_id LIMIT ?`,
    [Math.round(orphanHours * 3_600), pageSize],
  );
  return rows.map((row) => ({
    customerId: textOf(row, 'customer_id'),
    isThere: numberOf(row, 'state') === 1,
    madeAt: dateOf(row, 'created_at'),
    isOldOrphan: booleanOf(row, 'old_orphan'),
    isKnownOrphan: booleanOf(row, 'known_orphan'),
  }));
}

async function erasedById(
  { pool, ordersSchema }: WalkOptions,
  keys: readonly Key[],
): Promise<ReadonlyMap<string, boolean>> {
  const ids = keys.filter(({ isThere }) => isThere).map(({ customerId }) => customerId);
  if (ids.length === 0) return new Map();
  const { rows } = await pool.query(
    `SELECT customer_id, erased FROM ${checkedSchema(ordersSchema)}.customer FORCE INDEX (PRIMARY) WHERE customer_id IN (?)`,
    [ids],
  );
  return new Map(rows.map((row) => [textOf(row, 'customer_id'), booleanOf(row, 'erased')]));
}

async function noteOrphans(
  { pool, schema }: WalkOptions,
  keys: readonly Key[],
  alone: readonly Key[],
): Promise<void> {
  const orphans = new Set(alone.map(({ customerId }) => customerId));
  const table = `${checkedSchema(schema)}.key_orphan`;
  const found = alone.filter(({ isKnownOrphan }) => !isKnownOrphan).map(({ customerId }) => customerId);
  const noMore = keys
    .filter(
      ({ customerId, isKnownOrphan, isOldOrphan }) =>
        isKnownOrphan && (isOldOrphan || !orphans.has(customerId)),
    )
    .map(({ customerId }) => customerId);
  if (found.length > 0)
    await pool.query(
      `INSERT IGNORE INTO ${table} (customer_id, found_at)
       SELECT customer_id, UTC_TIMESTAMP(3) FROM ${schema}.customer_key WHERE customer_id IN (?)`,
      [found],
    );
  if (noMore.length > 0) await pool.query(`DELETE FROM ${table} WHERE customer_id IN (?)`, [noMore]);
}
