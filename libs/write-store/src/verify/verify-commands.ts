import { bytesOf, bigintOf, uuidFromBytes, type MysqlPool } from '@meridian/mysql';
import type { Findings } from './findings.ts';

const COMMANDS_PER_READ = 2_000;

/** Looks whether the events of every answered command are there; answers with how many commands there are. */
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
      `SELECT c.request_id, c.first_position, c.event_count,
              (SELECT COUNT(*) FROM journal j
               WHERE j.position >= c.first_position AND j.position < c.first_position + c.event_count) AS found
       FROM command_log c WHERE c.request_id > ? AND c.first_position IS NOT NULL
       ORDER BY c.request_id LIMIT ?`,
      [after, COMMANDS_PER_READ],
    );
    for (const row of rows) {
      after = bytesOf(row, 'request_id');
      const [found, expected] = [bigintOf(row, 'found'), bigintOf(row, 'event_count')];
      if (found === expected) continue;
      const subject = `request ${uuidFromBytes(after)}`;
      const where = `from position ${bigintOf(row, 'first_position')}`;
      findings.add(
        'command-without-events',
        subject,
        `${found} of its ${expected} events are there ${where}`,
      );
    }
    count += rows.length;
    if (rows.length < COMMANDS_PER_READ) return count;
  }
}
