import { aggregateTypeOf, isEventType } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigintOf, numberOf, textOf, type MysqlPool, type Row } from '@meridian/mysql';
import type { JournalFence } from '../journal/journal-fence.ts';
import type { Findings } from './findings.ts';
import { isFenced, unexplained } from './gaps.ts';

/** Walks all positions up to `head` in short reads. Gives the number of events. */
export async function verifyPositions(options: {
  readonly pool: MysqlPool;
  readonly head: bigint;
  readonly fences: readonly JournalFence[];
  readonly findings: Findings;
  readonly eventsPerRead: number;
  readonly signal: AbortSignal | undefined;
  readonly onPosition: (position: bigint) => void;
}): Promise<number> {
  const { pool, head, fences, findings, eventsPerRead, signal } = options;
  let position = 0n;
  let events = 0;
  const missing = (first: bigint, last: bigint) => {
    for (const range of unexplained({ first, last }, fences)) {
      const subject = range.first === range.last ? `${range.first}` : `${range.first} to ${range.last}`;
      findings.add('position-missing', `position ${subject}`, 'holds no event and was not given up');
    }
  };
  for (;;) {
    signal?.throwIfAborted();
    const { rows } = await pool.query(
      `SELECT position, shard, aggregate_type, aggregate_id, type FROM journal
       WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`,
      [position, head, eventsPerRead],
    );
    for (const row of rows) {
      const at = bigintOf(row, 'position');
      if (at > position + 1n) missing(position + 1n, at - 1n);
      if (isFenced(at, fences))
        findings.add('position-fenced', `position ${at}`, 'holds an event, and was given up');
      verifyRow(row, at, findings);
      position = at;
    }
    events += rows.length;
    options.onPosition(position);
    if (rows.length < eventsPerRead) break;
  }
  if (position < head) missing(position + 1n, head);
  return events;
}

function verifyRow(row: Row, position: bigint, findings: Findings): void {
  const aggregateId = textOf(row, 'aggregate_id');
  const aggregateType = textOf(row, 'aggregate_type');
  const [shard, expected] = [numberOf(row, 'shard'), shardOf(aggregateId)];
  const subject = `${aggregateType}/${aggregateId}`;
  if (shard !== expected)
    findings.add('shard-wrong', subject, `position ${position} is in shard ${shard}, not in ${expected}`);
  const type = textOf(row, 'type');
  if (!isEventType(type) || aggregateTypeOf(type) !== aggregateType)
    findings.add('type-unknown', subject, `position ${position} holds ${type}, which is no event of it`);
}
