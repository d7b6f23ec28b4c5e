import { fileURLToPath } from 'node:url';
import type { MysqlPool } from '@meridian/mysql';
import { checkedSchema, destroyKey, inTransaction, makeKey, type KeyStatement } from './key-changes.ts';
import type { MasterKey } from './master-key.ts';

/** A customer's key as a store knows it. */
export type KeyState =
  | { readonly kind: 'present'; readonly key: Buffer }
  /** The customer was erased: the sealed data can never be read again. */
  | { readonly kind: 'destroyed' }
  | { readonly kind: 'missing' };

/** A key that was made in memory, with the statements that store it. */
export interface NewKey {
  readonly key: Buffer;
  /** To be run in the transaction that registers the customer. */
  readonly statements: readonly KeyStatement[];
}

/** The folder of the migrations of the keys' own schema, for `migrate` of @meridian/mysql. */
export const keyMigrationsFolder: string = fileURLToPath(new URL('../migrations', import.meta.url));

/** The customers' keys in the write region: the source of truth. */
export interface KeyStore {
  find(customerId: string): Promise<KeyState>;
  /** A new key for a customer who is about to be registered. Nothing is written before its statements are run. */
  newKey(customerId: string): NewKey;
  /**
   * The statements that destroy a customer's key permanently, to be run in the transaction that erases the
   * customer.
   */
  destruction(customerId: string): readonly KeyStatement[];
  /**
   * Destroys a key permanently, in a transaction of its own; a repeat changes nothing. Resolves when the
   * destruction is durable.
   */
  destroy(customerId: string): Promise<void>;
}

/** The store in a MySQL schema of its own. */
export function createKeyStore(pool: MysqlPool, schema: string, masterKey: MasterKey): KeyStore {
  const table = `${checkedSchema(schema)}.customer_key`;
  const destruction = (customerId: string) => destroyKey(schema, customerId);
  return {
    async find(customerId) {
      const { rows } = await pool.execute(`SELECT wrapped_key FROM ${table} WHERE customer_id = ?`, [
        customerId,
      ]);
      const [row] = rows;
      if (!row) return { kind: 'missing' };
      const wrapped = row['wrapped_key'];
      if (!Buffer.isBuffer(wrapped)) return { kind: 'destroyed' };
      return { kind: 'present', key: masterKey.unwrap(customerId, wrapped) };
    },
    newKey(customerId) {
      const wrapped = masterKey.newWrappedKey(customerId);
      const key = masterKey.unwrap(customerId, wrapped);
      return { key, statements: makeKey(schema, customerId, wrapped) };
    },
    destruction,
    destroy: (customerId) => inTransaction(pool, destruction(customerId)),
  };
}
