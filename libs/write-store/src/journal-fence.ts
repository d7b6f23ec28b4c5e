import { bigintOf, dateOf, textOf, type MysqlPool, type Row } from '@meridian/mysql';

/** Positions that were given up after a restore or a lossy failover: they hold no event and never will. */
export interface JournalFence {
  readonly firstPosition: bigint;
  readonly lastPosition: bigint;
  readonly fencedAt: Date;
  readonly reason: string;
}

function fenceOf(row: Row): JournalFence {
  return {
    firstPosition: bigintOf(row, 'first_position'),
    lastPosition: bigintOf(row, 'last_position'),
    fencedAt: dateOf(row, 'fenced_at'),
    reason: textOf(row, 'reason'),
  };
}

/** Every fence, in order of position. */
export async function readFences(pool: MysqlPool): Promise<readonly JournalFence[]> {
  const { rows } = await pool.query(
    'SELECT first_position, last_position, fenced_at, reason FROM journal_fence ORDER BY first_position',
  );
  return rows.map(fenceOf);
}

/**
 * Raises the head to `position` and records the positions in between as given up, in one transaction under the head's lock;
 * nothing happens when the head is there already. Answers with the head before and after.
 */
export async function fenceJournal(
  pool: MysqlPool,
  { position, reason }: { readonly position: bigint; readonly reason: string },
): Promise<{ readonly before: bigint; readonly after: bigint }> {
  return pool.withConnection(async (connection) => {
    const [, found] = await connection.queryAll(
      'START TRANSACTION; SELECT position FROM journal_head WHERE id = 1 FOR UPDATE',
    );
    const [head] = found?.rows ?? [];
    if (!head) throw new Error('journal_head has no row: migrations have not run');
    const before = bigintOf(head, 'position');
    if (position <= before) {
      await connection.query('ROLLBACK');
      return { before, after: before };
    }
    await connection.queryAll(
      `INSERT INTO journal_fence (first_position, last_position, fenced_at, reason)
       VALUES (?, ?, UTC_TIMESTAMP(3), ?);
       UPDATE journal_head SET position = ? WHERE id = 1;
       COMMIT`,
      [before + 1n, position, reason, position],
    );
    return { before, after: position };
  });
}
