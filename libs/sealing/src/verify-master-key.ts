import type { MysqlPool } from '@meridian/mysql';
import { checkedSchema } from './key-changes.ts';
import type { MasterKey } from './master-key.ts';
import { UnsealError } from './seal.ts';

const TRIED = 10;

/**
 * Whether a master key opens most of a sample of a schema's keys; true when the schema has no keys. For
 * systems without a check value of their master key: a replica with another master key may have wrapped a few
 * of their keys.
 */
export async function opensKeys(
  pool: Pick<MysqlPool, 'query'>,
  schema: string,
  masterKey: MasterKey,
): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT customer_id, wrapped_key FROM ${checkedSchema(schema)}.customer_key
     WHERE wrapped_key IS NOT NULL ORDER BY customer_id LIMIT ${TRIED}`,
  );
  const opened = rows.filter(({ customer_id: id, wrapped_key: wrapped }) => {
    if (typeof id !== 'string' || !Buffer.isBuffer(wrapped)) return false;
    try {
      masterKey.unwrap(id, wrapped);
      return true;
    } catch (error) {
      if (error instanceof UnsealError) return false;
      throw error;
    }
  });
  return opened.length * 2 >= rows.length;
}
