import { AGGREGATE_TYPES } from '@meridian/contracts';
import type { MysqlPool } from '@meridian/mysql';
import { readFences, type JournalFence } from '../journal/journal-fence.ts';
import { readHead } from '../journal/journal.ts';
import { createFindings, type Violation, type ViolationKind } from './findings.ts';
import { verifyAggregates } from './verify-aggregates.ts';
import { verifyCommands } from './verify-commands.ts';
import { verifyPositions } from './verify-positions.ts';

/** What was looked at, and what is wrong. */
export interface VerifyReport {
  /** The head when the walk began: later events were not looked for. */
  readonly head: bigint;
  readonly events: number;
  readonly aggregates: number;
  readonly commands: number;
  /** Gaps that an operator made on purpose. */
  readonly fences: readonly JournalFence[];
  /** The first violations, up to a limit. */
  readonly violations: readonly Violation[];
  /** The number of all violations, by kind; empty when nothing is wrong. */
  readonly counts: ReadonlyMap<ViolationKind, number>;
}

/** How far a walk is. */
export interface VerifyProgress {
  readonly phase: 'positions' | 'aggregates';
  readonly done: number;
  readonly total: number;
}

/** What is verified, and how much is told. */
export interface VerifyOptions {
  readonly pool: MysqlPool;
  /** Violations that the report holds at most; all are counted. */
  readonly maxViolations?: number;
  /** Events in one read at most. */
  readonly eventsPerRead?: number;
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Ends the walk: it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Walks the journal and checks:
 *
 * - Positions have no gaps, except for fences, and versions have no gaps.
 * - Rows are what their events add up to.
 * - The events of every answered command are there.
 *
 * Changes nothing, locks nothing and may run beside commands.
 */
export async function verifyJournal(options: VerifyOptions): Promise<VerifyReport> {
  const { pool, maxViolations = 100, eventsPerRead = 2_000, onProgress, signal } = options;
  const findings = createFindings(maxViolations);
  // The head first: a fence that is set in between then lies above it and explains nothing that it should not.
  const head = await readHead(pool);
  const fences = await readFences(pool);
  const events = await verifyPositions({
    pool,
    head,
    fences,
    findings,
    signal,
    eventsPerRead,
    onPosition: (position) =>
      onProgress?.({ phase: 'positions', done: Number(position), total: Number(head) }),
  });
  let folded = 0;
  let aggregates = 0;
  for (const type of AGGREGATE_TYPES) {
    aggregates += await verifyAggregates(type, {
      pool,
      findings,
      signal,
      eventsPerRead,
      onEvents(count) {
        folded += count;
        onProgress?.({ phase: 'aggregates', done: folded, total: Math.max(events, folded) });
      },
    });
  }
  const commands = await verifyCommands({ pool, findings, signal });
  const { kept: violations, counts } = findings;
  return { head, events, aggregates, commands, fences, violations, counts };
}
