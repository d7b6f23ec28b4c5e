import type { MysqlPool, Value } from '@meridian/mysql';

/** One SQL statement with the values of its `?`. */
export interface KeyStatement {
  readonly sql: string;
  readonly values: readonly Value[];
}

const NAME = /^\w{1,64}$/;

/** Refuses anything but a plain name of a schema: names cannot be bound as values. */
export function checkedSchema(name: string): string {
  if (!NAME.test(name)) throw new RangeError(`no name for a schema: ${name}`);
  return name;
}

// Each change of a key is later than the change before, whatever the clock says: regions order changes by
// this time.
const AFTER = 'INTERVAL 1000 MICROSECOND';

/**
 * Gives a customer a key and replaces any older key. The statements belong in the transaction that registers the
 * customer: no data of that customer needs an older key.
 */
export function makeKey(schema: string, customerId: string, wrappedKey: Buffer): readonly KeyStatement[] {
  const make = {
    sql: `INSERT INTO ${checkedSchema(schema)}.customer_key (customer_id, wrapped_key, created_at, copied)
          VALUES (?, ?, UTC_TIMESTAMP(3), 1) AS new
          ON DUPLICATE KEY UPDATE
            created_at = GREATEST(new.created_at,
                                  COALESCE(customer_key.destroyed_at, customer_key.created_at) + ${AFTER}),
            wrapped_key = new.wrapped_key, destroyed_at = NULL, state = 1, copied = 1`,
    values: [customerId, wrappedKey],
  };
  return [make, putInLine(schema, [customerId])];
}

/**
 * Destroys a customer's key permanently; a repeat changes nothing. When there is no key, the destruction is
 * recorded all the same.
 */
export function destroyKey(schema: string, customerId: string): readonly KeyStatement[] {
  const destroy = {
    sql: `INSERT INTO ${checkedSchema(schema)}.customer_key
            (customer_id, wrapped_key, created_at, destroyed_at, state, copied)
          VALUES (?, NULL, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), 2, 2) AS new
          ON DUPLICATE KEY UPDATE
            destroyed_at = IF(customer_key.state = 2, customer_key.destroyed_at,
                              GREATEST(new.destroyed_at, customer_key.created_at + ${AFTER})),
            wrapped_key = NULL, state = 2, copied = 2`,
    values: [customerId],
  };
  return [destroy, putInLine(schema, [customerId])];
}

/** Destroys a key only if it is still the key that was made at the given time. */
export function destroyKeyMadeAt(schema: string, customerId: string, madeAt: Date): readonly KeyStatement[] {
  const destroy = {
    sql: `UPDATE ${checkedSchema(schema)}.customer_key
          SET destroyed_at = GREATEST(UTC_TIMESTAMP(3), created_at + ${AFTER}), wrapped_key = NULL, state = 2, copied = 2
          WHERE customer_id = ? AND state = 1 AND created_at = ?`,
    values: [customerId, madeAt],
  };
  return [destroy, putInLine(schema, [customerId])];
}

/**
 * Puts another wrapping of the same key in the place of the one that was read; a key that has changed since stays. Later than the change
 * before, so that regions take the new wrapping. Followed by `putInLine` in the same transaction.
 */
export function rewrapKey(schema: string, customerId: string, read: Buffer, wrapped: Buffer): KeyStatement {
  return {
    sql: `UPDATE ${checkedSchema(schema)}.customer_key
          SET created_at = GREATEST(UTC_TIMESTAMP(3), created_at + ${AFTER}), wrapped_key = ?
          WHERE customer_id = ? AND state = 1 AND wrapped_key = ?`,
    values: [wrapped, customerId, read],
  };
}

/** Queues keys for every region; to be run in the transaction that changes the keys. */
export function putInLine(schema: string, customerIds: readonly string[]): KeyStatement {
  return {
    sql: `INSERT INTO ${checkedSchema(schema)}.key_to_copy (region, customer_id, changed_at, due_at)
          SELECT * FROM (
            SELECT r.region, k.customer_id, COALESCE(k.destroyed_at, k.created_at) AS changed_at, UTC_TIMESTAMP(3) AS due_at
            FROM ${schema}.customer_key k FORCE INDEX (PRIMARY) CROSS JOIN ${schema}.key_region r WHERE k.customer_id IN (?)
          ) AS new
          ON DUPLICATE KEY UPDATE changed_at = new.changed_at, due_at = new.due_at, tries = 0`,
    values: [customerIds],
  };
}

/** Runs statements in one transaction, in one request. */
export async function inTransaction(pool: MysqlPool, statements: readonly KeyStatement[]): Promise<void> {
  const all = [{ sql: 'START TRANSACTION', values: [] }, ...statements, { sql: 'COMMIT', values: [] }];
  await pool.withConnection((connection) =>
    connection.queryAll(
      all.map(({ sql }) => sql).join(';\n'),
      all.flatMap(({ values }) => values),
    ),
  );
}
