import { createHmac, hkdfSync } from 'node:crypto';
import type { MysqlPool, Row } from '@meridian/mysql';

/** A key whose check value the database keeps. */
export type CheckedKey = 'fingerprint' | 'master';

const COLUMNS: Readonly<Record<CheckedKey, string>> = {
  fingerprint: 'fingerprint_check',
  master: 'master_key_check',
};

/**
 * A value that tells whether a key is the same as before, and nothing else of the key. It is an HMAC under a key that is
 * derived for this purpose alone (HKDF, RFC 5869).
 */
export function keyCheckOf(name: CheckedKey, key: Uint8Array): Buffer {
  const derived = hkdfSync('sha256', key, new Uint8Array(), `meridian check value of ${name}`, 32);
  return createHmac('sha256', Buffer.from(derived)).update('meridian').digest();
}

/** The keys of one name that a replica accepts; the first is the one that it uses. */
export type AcceptedKeys = readonly [Uint8Array, ...Uint8Array[]];

/**
 * Compares keys with the check values in the database and answers with the names whose key is not among those that are
 * accepted. Where there is no check value yet, the first key is adopted when `isRight` says so, and counts as another key
 * otherwise. Of several replicas that start at once, one decides.
 */
export async function checkKeys(
  pool: Pick<MysqlPool, 'query'>,
  keys: Readonly<Record<CheckedKey, AcceptedKeys>>,
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
    const [first] = keys[name];
    const column = COLUMNS[name];
    if (!isKnown(row, column) && (await isRight(name))) {
      await pool.query(`UPDATE journal_identity SET ${column} = ? WHERE id = 1 AND ${column} IS NULL`, [
        keyCheckOf(name, first),
      ]);
      row = await read();
    }
    const known = row[column];
    if (!Buffer.isBuffer(known) || !keys[name].some((key) => known.equals(keyCheckOf(name, key))))
      wrong.push(name);
  }
  return wrong;
}

/**
 * Makes the first of some keys the one that replicas must accept, where the check value is that of any of them. Answers whether it is so
 * now. A repeat changes nothing.
 */
export async function moveKeyCheck(
  pool: Pick<MysqlPool, 'query'>,
  name: CheckedKey,
  keys: AcceptedKeys,
): Promise<boolean> {
  const column = COLUMNS[name];
  const checks = keys.map((key) => keyCheckOf(name, key));
  const [first] = keys;
  // affectedRows counts what the WHERE matched.
  const { affectedRows } = await pool.query(
    `UPDATE journal_identity SET ${column} = ? WHERE id = 1 AND ${column} IN (?)`,
    [keyCheckOf(name, first), checks],
  );
  return affectedRows === 1;
}

const isKnown = (row: Row, column: string): boolean => Buffer.isBuffer(row[column]);
