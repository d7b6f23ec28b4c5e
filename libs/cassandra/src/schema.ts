import { setTimeout as pause } from 'node:timers/promises';
import { jitteredMs } from '@meridian/async';
import type { CassandraSession } from './session.ts';

const NAME = /^[a-z][a-z0-9_]{0,47}$/;

/** Refuses anything but a plain name of a keyspace or table. Names cannot be bound as values, so they are checked. */
export function checkedName(name: string): string {
  if (!NAME.test(name))
    throw new Error(`"${name}" is no name for a keyspace or table: use a-z, 0-9 and _, 48 at most`);
  return name;
}

/**
 * Creates a keyspace that is replicated over the given regions, if it is missing. Safe to repeat. Does not change the
 * replication of an existing keyspace.
 */
export async function ensureKeyspace(
  session: CassandraSession,
  name: string,
  replicasByRegion: Readonly<Record<string, number>>,
): Promise<void> {
  const replication = Object.entries(replicasByRegion).map(
    ([region, replicas]) => `'${region}': ${Math.trunc(replicas)}`,
  );
  await changeSchema(session, [
    `CREATE KEYSPACE IF NOT EXISTS ${checkedName(name)} WITH replication = {'class': 'NetworkTopologyStrategy', ${replication.join(', ')}}`,
  ]);
}

/** Removes a keyspace with all its data, if it exists. For tests, and for removing a system permanently. */
export async function dropKeyspace(session: CassandraSession, name: string): Promise<void> {
  await changeSchema(session, [`DROP KEYSPACE IF EXISTS ${checkedName(name)}`]);
}

/** A node of the region that hangs is called down long before. */
const MOST_LOOKS = 12;

/** How a change of the schema is made. */
export interface ChangeOptions {
  /** How often the statements run at most. */
  readonly tries?: number;
  /** Ends the change: nothing further is made, and nothing is waited for. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs schema statements that may be repeated (`… IF NOT EXISTS`), except those whose table or column is there already.
 * Cassandra refuses even such a statement if the role has no right to change the schema. When another change runs at
 * the same moment, all statements run again: in Cassandra 5, concurrent schema changes can fail. Then waits until all nodes
 * of the region that are up agree, for about two minutes at most. A node that does not know a table yet refuses what is right.
 * Where nothing had to be made, it waits for ten seconds at most. Rejects with the
 * signal's reason once the signal is aborted.
 */
export async function changeSchema(
  session: Pick<CassandraSession, 'schema' | 'execute'>,
  statements: readonly string[],
  { tries = 8, signal }: ChangeOptions = {},
): Promise<void> {
  let hasMade = false;
  for (let attempt = 1; ; attempt++) {
    try {
      const { open, later } = await withEffect(session, statements);
      hasMade ||= open.length > 0;
      // With nothing left to do, it still waits once: another process may be making these tables just now. It does not wait
      // longer: nodes may disagree about something else for hours, as while Cassandra is upgraded node by node.
      const mostLooks = hasMade ? MOST_LOOKS : 1;
      for (let looks = 0; looks < mostLooks; looks++) {
        const agreed = await session.schema(looks === 0 ? open : [], signal);
        signal?.throwIfAborted();
        if (agreed) break;
      }
      // Another process may just have made the table without the column.
      return later.length > 0 ? changeSchema(session, later, { tries, signal }) : undefined;
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= tries) throw error;
      await pause(50 * attempt + jitteredMs(100 * attempt), undefined, { signal }).catch(() =>
        signal?.throwIfAborted(),
      );
    }
  }
}

/**
 * An option for a table. A read whose replicas include one that hangs asks a further replica after 100 ms. By default, Cassandra waits
 * as long as the slowest hundredth of reads took. After a start it knows none, and waits for 2.5 s.
 */
export const SPECULATIVE_RETRY = "speculative_retry = '100ms'";

/** A table, or a column of a table, that a statement makes unless it is there. */
const MAKES = /^(?:CREATE TABLE IF NOT EXISTS|ALTER TABLE) (\w+)\.(\w+) (?:ADD IF NOT EXISTS (\w+))?/;

/**
 * The statements that may still change something. Those that add a column to a table which is yet to be made come later: the
 * table is made with its columns.
 */
async function withEffect(
  session: Pick<CassandraSession, 'execute'>,
  statements: readonly string[],
): Promise<{ readonly open: readonly string[]; readonly later: readonly string[] }> {
  const keyspaces = new Set(statements.flatMap((cql) => MAKES.exec(cql)?.[1] ?? []));
  const there = new Set<string>();
  for (const keyspace of keyspaces) {
    const columns = await session.execute(
      'SELECT table_name, column_name FROM system_schema.columns WHERE keyspace_name = ?',
      [keyspace],
      { consistency: 'LOCAL_ONE' },
    );
    for (const { table_name: table, column_name: column } of columns) {
      there.add(`${keyspace}.${String(table)}`);
      there.add(`${keyspace}.${String(table)}.${String(column)}`);
    }
  }
  const made = (cql: string) =>
    MAKES.exec(cql)
      ?.slice(1)
      .filter((name) => name !== undefined) ?? [];
  const open = statements.filter((cql) => !there.has(made(cql).join('.')));
  const tables = new Set(
    open.filter((cql) => cql.startsWith('CREATE TABLE')).map((cql) => made(cql).join('.')),
  );
  const isLater = (cql: string) => cql.startsWith('ALTER') && tables.has(made(cql).slice(0, 2).join('.'));
  return { open: open.filter((cql) => !isLater(cql)), later: open.filter(isLater) };
}
