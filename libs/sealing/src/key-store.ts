import { fileURLToPath } from 'node:url';
import type { MysqlPool } from '@meridian/mysql';
import type { MasterKey } from './master-key.ts';

/** A customer's key as a store knows it. */
export type KeyState =
  | { readonly kind: 'present'; readonly key: Buffer }
  /** The customer was erased: what was sealed cannot be read again. */
  | { readonly kind: 'destroyed' }
  | { readonly kind: 'missing' };

/** The folder of the migrations of the keys' own schema, for `migrate` of @meridian/mysql. */
export const keyMigrationsFolder: string = fileURLToPath(new URL('../migrations', import.meta.url));

/** The customers' keys in the write region: the truth about them. */
export interface KeyStore {
  find(customerId: string): Promise<KeyState>;
  /** The customer's key, made now when there was none. Several callers at once get the same one. */
  getOrCreate(customerId: string): Promise<KeyState>;
  /** Destroys a key for good; a repeat changes nothing. Resolves when it is durable. */
  destroy(customerId: string): Promise<void>;
  /**
   * Destroys the keys of customers that the given schema's customer table holds as erased: an erasure whose process died between
   * its commit and the destruction. Resolves with how many there were.
   */
  destroyKeysOfErased(schema: string): Promise<number>;
}

const NAME = /^\w{1,64}$/;

/** The store in a MySQL schema of its own. */
export function createKeyStore(pool: MysqlPool, schema: string, masterKey: MasterKey): KeyStore {
  const table = `${checkedSchema(schema)}.customer_key`;

  async function find(customerId: string): Promise<KeyState> {
    const { rows } = await pool.execute(`SELECT wrapped_key FROM ${table} WHERE customer_id = ?`, [
      customerId,
    ]);
    const [row] = rows;
    if (!row) return { kind: 'missing' };
    const wrapped = row['wrapped_key'];
    if (!Buffer.isBuffer(wrapped)) return { kind: 'destroyed' };
    return { kind: 'present', key: masterKey.unwrap(customerId, wrapped) };
  }

  return {
    find,
    async getOrCreate(customerId) {
      const known = await find(customerId);
      if (known.kind !== 'missing') return known;
      const wrapped = masterKey.newWrappedKey(customerId);
      await pool.execute(`INSERT IGNORE INTO ${table} (customer_id, wrapped_key) VALUES (?, ?)`, [
        customerId,
        wrapped,
      ]);
      return find(customerId);
    },
    async destroy(customerId) {
      await pool.execute(
        `UPDATE ${table} SET wrapped_key = NULL, state = 2, destroyed_at = UTC_TIMESTAMP(3) WHERE customer_id = ? AND state = 1`,
        [customerId],
      );
    },
    async destroyKeysOfErased(orders) {
      const { affectedRows } = await pool.query(
        `UPDATE ${table} k JOIN ${checkedSchema(orders)}.customer c ON c.customer_id = k.customer_id
         SET k.wrapped_key = NULL, k.state = 2, k.destroyed_at = UTC_TIMESTAMP(3) WHERE c.erased AND k.state = 1`,
      );
      return affectedRows;
    },
  };
}

/** Refuses what is no plain name of a schema: names cannot be bound. */
export function checkedSchema(name: string): string {
  if (!NAME.test(name)) throw new RangeError(`no name for a schema: ${name}`);
  return name;
}
