import { changeSchema, checkedName, SPECULATIVE_RETRY, type CassandraSession } from '@meridian/cassandra';
import type { KeyState } from './key-store.ts';
import type { MasterKey } from './master-key.ts';

/** The content of a copy: a wrapped key, or the fact that the key was destroyed. */
export interface KeyCopy {
  readonly customerId: string;
  /** Undefined when the key was destroyed. */
  readonly wrappedKey: Buffer | undefined;
  /** When the key was made or destroyed. Of two copies the later counts, in whatever order they arrive. */
  readonly changedAt: Date;
}

/** The copies of the keys in one region: the region of the session. */
export interface KeyCopies {
  find(customerId: string): Promise<KeyState>;
  /** Resolves when a quorum of the region has the copy. Safe to repeat, and in any order. */
  write(copy: KeyCopy): Promise<void>;
  /** The id of the table of copies. A table that was made anew has another one. Rejects when there is no table. */
  tableId(): Promise<string>;
}

const WRITE_TIMEOUT_MS = 2_000;

/** Makes the table of copies, if it is missing. Its keyspace must exist. */
export async function ensureKeyCopies(session: CassandraSession, keyspace: string): Promise<void> {
  const table = `${checkedName(keyspace)}.customer_key`;
  await changeSchema(session, [
    `CREATE TABLE IF NOT EXISTS ${table} (customer_id text PRIMARY KEY, wrapped_key blob, destroyed boolean) WITH gc_grace_seconds = 864000 AND ${SPECULATIVE_RETRY}`,
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
    async write({ customerId, wrappedKey, changedAt }) {
      // Earlier versions wrote destructions at 2^62. Such destructions win over every later key.
      const timestamp = BigInt(changedAt.getTime());
      const how = { consistency: 'LOCAL_QUORUM', timeoutMs: WRITE_TIMEOUT_MS } as const;
      if (wrappedKey) {
        const cql = `INSERT INTO ${table} (customer_id, wrapped_key, destroyed) VALUES (?, ?, ?) USING TIMESTAMP ?`;
        await session.execute(cql, [customerId, wrappedKey, false, timestamp], how);
        return;
      }
      const remove = `DELETE wrapped_key FROM ${table} USING TIMESTAMP ? WHERE customer_id = ?`;
      const mark = `INSERT INTO ${table} (customer_id, destroyed) VALUES (?, ?) USING TIMESTAMP ?`;
      await session.batch(
        [
          { cql: remove, params: [timestamp, customerId] },
          { cql: mark, params: [customerId, true, timestamp] },
        ],
        how,
      );
    },
    async tableId() {
      const cql =
        "SELECT CAST(id AS text) AS id FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'customer_key'";
      const [row] = await session.execute(cql, [keyspace], { consistency: 'LOCAL_ONE' });
      const id = row?.['id'];
      if (typeof id !== 'string') throw new Error(`there is no table ${table}`);
      return id;
    },
  };
}
