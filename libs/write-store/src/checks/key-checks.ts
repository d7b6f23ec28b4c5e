import { createHmac, hkdfSync } from 'node:crypto';
import type { MysqlPool, Row } from '@meridian/mysql';

/** A key whose check value the database keeps. */
export type CheckedKey = 'fingerprint' | 'master';

const COLUMNS: Readonly<Record<CheckedKey, string>> = {
  fingerprint: 'fingerprint_check',
  master: 'master_key_check',
};

/**
 * A value by which a key is known again and that says nothing else of it: an HMAC under a key that is derived from it for this
 * purpose alone (HKDF, RFC 5869).
 */
export function keyCheckOf(name: CheckedKey, key: Uint8Array): Buffer {
  const derived = hkdfSync('sha256', key, new Uint8Array(), `meridian check value of ${name}`, 32);
  return createHmac('sha256', Buffer.from(derived)).update('meridian').digest();
}

/**
 * Compares keys with the check values in the database and answers with those that are others. A key of which there is no check
 * value yet is adopted when `isRight` says so, and counts as another otherwise; of several replicas that start at once, one decides.
 */
export async function checkKeys(
  pool: Pick<MysqlPool, 'query'>,
  keys: Readonly<Record<CheckedKey, Uint8Array>>,
  isRight: (name: CheckedKey) => Promise<boolean>,
): Promise<readonly CheckedKey[]> {
  const read = async () => {
    const { rows } = await pool.query(
      'SELECT fingerprint_check, master_key_check FROM journal_identity WHERE id = 1',
    );
    const [row] = rows;
    if (!row) throw new Error('journal_identity has no row: migrations have not run');
    return row;
  };
  const wrong: CheckedKey[] = [];
  let row = await read();
  for (const name of ['fingerprint', 'master'] as const) {
    const check = keyCheckOf(name, keys[name]);
    const column = COLUMNS[name];
    if (!isKnown(row, column) && (await isRight(name))) {
      await pool.query(`UPDATE journal_identity SET ${column} = ? WHERE id = 1 AND ${column} IS NULL`, [
        check,
      ]);
      row = await read();
    }
    const known = row[column];
    if (!Buffer.isBuffer(known) || !known.equals(check)) wrong.push(name);
  }
  return wrong;
}

const isKnown = (row: Row, column: string): boolean => Buffer.isBuffer(row[column]);
