import { textOf, type MysqlPool } from '@meridian/mysql';

/** The id of the journal: a UUID, made with the schema and never changed, not even by a restore. */
export async function readJournalId(pool: Pick<MysqlPool, 'query'>): Promise<string> {
  const { rows } = await pool.query('SELECT journal_id FROM journal_identity WHERE id = 1');
  const [row] = rows;
  if (!row) throw new Error('journal_identity has no row: migrations have not run');
  return textOf(row, 'journal_id');
}
