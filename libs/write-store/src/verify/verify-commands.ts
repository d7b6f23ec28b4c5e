import { bytesOf, bigintOf, numberOf, uuidFromBytes, type MysqlPool, type Row } from '@meridian/mysql';
import type { Findings } from './findings.ts';

const COMMANDS_PER_READ = 2_000;
const POSITIONS_PER_READ = 2_000;

/** Checks that the events of every answered command are in the journal. Gives the number of commands. */
export async function verifyCommands(options: {
  readonly pool: MysqlPool;
  readonly findings: Findings;
  readonly signal: AbortSignal | undefined;
}): Promise<number> {
  const { pool, findings, signal } = options;
  let after: Buffer = Buffer.alloc(0);
  let count = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { rows } = await pool.query(
      `SELECT request_id, first_position, event_count FROM command_log
       WHERE request_id > ? AND first_position IS NOT NULL ORDER BY request_id LIMIT ?`,
      [after, COMMANDS_PER_READ],
    );
    const there = await positionsThere(pool, rows.flatMap(positionsOf));
    for (const row of rows) {
      after = bytesOf(row, 'request_id');
      const positions = positionsOf(row);
      const found = positions.filter((position) => there.has(position)).length;
      if (found === positions.length) continue;
      const subject = `request ${uuidFromBytes(after)}`;
      const where = `from position ${bigintOf(row, 'first_position')}`;
      findings.add(
        'command-without-events',
        subject,
        `${found} of its ${positions.length} events are there ${where}`,
      );
    }
    count += rows.length;
    if (rows.length < COMMANDS_PER_READ) return count;
  }
}

/** The positions of a command's events. */
function positionsOf(row: Row): readonly bigint[] {
  const first = bigintOf(row, 'first_position');
  return Array.from({ length: numberOf(row, 'event_count') }, (_, index) => first + BigInt(index));
}

/**
 * Those positions at which there is an event. They are named one by one: for a range per command, MySQL reads the whole
 * journal once per command when its statistics are old.
 */
async function positionsThere(pool: MysqlPool, positions: readonly bigint[]): Promise<ReadonlySet<bigint>> {
  const there = new Set<bigint>();
  for (let start = 0; start < positions.length; start += POSITIONS_PER_READ) {
    const named = positions.slice(start, start + POSITIONS_PER_READ);
    const { rows } = await pool.query(
      'SELECT position FROM journal FORCE INDEX (PRIMARY) WHERE position IN (?)',
      [named],
    );
    for (const row of rows) there.add(bigintOf(row, 'position'));
  }
  return there;
}
