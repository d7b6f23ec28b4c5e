import { MAX_POSITION } from '@meridian/contracts';
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

/** How far one fence raises the head at most: more positions than a busy system draws in decades. */
export const MAX_FENCE_POSITIONS: bigint = 10n ** 12n;

/** A fence was to be set so high that it can only be a mistake, and the head can never be lowered again. Nothing was changed. */
export class FenceTooHighError extends Error {
  override readonly name = 'FenceTooHighError';

  constructor(position: bigint, highest: bigint) {
    super(
      `${position} is too high a position: the head can be raised to ${highest} at most here, and never lowered again. Name a position a little above the highest that was ever drawn`,
    );
  }
}

/**
 * Raises the head to `position` and records the positions in between as given up, in one transaction under the head's
 * lock. Nothing happens when the head is there already. Answers with the head before and after. Throws
 * FenceTooHighError when that is more than MAX_FENCE_POSITIONS above the head, or above MAX_POSITION.
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
    const highest = before + MAX_FENCE_POSITIONS < MAX_POSITION ? before + MAX_FENCE_POSITIONS : MAX_POSITION;
    if (position > highest) throw new FenceTooHighError(position, highest);
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
