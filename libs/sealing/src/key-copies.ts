import { changeSchema, checkedName, type CassandraSession } from '@meridian/cassandra';
import type { KeyState } from './key-store.ts';
import type { MasterKey } from './master-key.ts';

/** What a copy says: a wrapped key, or that it was destroyed. */
export interface KeyCopy {
  readonly customerId: string;
  /** Undefined when destroyed. */
  readonly wrappedKey: Buffer | undefined;
  /** When the key was made: of two keys of a customer, as a restored database makes them, the later one counts. */
  readonly madeAt?: Date;
}

/** The copies of the keys in the regions. */
export interface KeyCopies {
  /** Reads the copy of the session's own region. */
  find(customerId: string): Promise<KeyState>;
  /** Writes copies to every region (EACH_QUORUM). A destruction wins over its key, in whatever order they arrive. */
  write(copies: readonly KeyCopy[]): Promise<void>;
}

// Timestamps of the cells: a key's are the time that it was made, and no key is ever made so late as to outlive a destruction.
const MADE_AT_LEAST = 1n;
const DESTROYED_AT = 2n ** 62n;

/** Makes the table of copies, if it is missing. Its keyspace must exist. */
export async function ensureKeyCopies(session: CassandraSession, keyspace: string): Promise<void> {
  const table = `${checkedName(keyspace)}.customer_key`;
  await changeSchema(session, [
    `CREATE TABLE IF NOT EXISTS ${table} (customer_id text PRIMARY KEY, wrapped_key blob, destroyed boolean) WITH gc_grace_seconds = 864000`,
  ]);
}

/** The copies in a Cassandra keyspace of their own. */
export function createKeyCopies(
  session: CassandraSession,
  keyspace: string,
  masterKey: MasterKey,
): KeyCopies {
  const table = `${checkedName(keyspace)}.customer_key`;
  return {
    async find(customerId) {
      const cql = `SELECT wrapped_key, destroyed FROM ${table} WHERE customer_id = ?`;
      const [row] = await session.execute(cql, [customerId], { consistency: 'LOCAL_QUORUM' });
      if (row?.['destroyed'] === true) return { kind: 'destroyed' };
      const wrapped = row?.['wrapped_key'];
      if (!Buffer.isBuffer(wrapped)) return { kind: 'missing' };
      return { kind: 'present', key: masterKey.unwrap(customerId, wrapped) };
    },
    async write(copies) {
      for (const { customerId, wrappedKey, madeAt } of copies) {
        if (wrappedKey) {
          const timestamp = madeAt ? BigInt(madeAt.getTime()) : MADE_AT_LEAST;
          const cql = `INSERT INTO ${table} (customer_id, wrapped_key) VALUES (?, ?) USING TIMESTAMP ?`;
          await session.execute(cql, [customerId, wrappedKey, timestamp], { consistency: 'EACH_QUORUM' });
          continue;
        }
        const remove = `DELETE wrapped_key FROM ${table} USING TIMESTAMP ? WHERE customer_id = ?`;
        const mark = `INSERT INTO ${table} (customer_id, destroyed) VALUES (?, ?) USING TIMESTAMP ?`;
        await session.batch(
          [
            { cql: remove, params: [DESTROYED_AT, customerId] },
            { cql: mark, params: [customerId, true, DESTROYED_AT] },
          ],
          { consistency: 'EACH_QUORUM' },
        );
      }
    },
  };
}
