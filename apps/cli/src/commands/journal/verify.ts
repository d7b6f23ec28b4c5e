import { verifyJournal, type VerifyReport } from '@meridian/write-store';
import { onJournal } from '../../engine-connections.ts';
import { storesOf, type StoreOptions } from '../../engine-stores.ts';
import { say, table, toJson } from '../../output.ts';
import { stepProgress } from '../../step-progress.ts';

/** What to verify, and how to report. */
export interface VerifyCommandOptions extends StoreOptions {
  readonly max: number;
  readonly json: boolean;
}

/** Verifies the journal and prints the violations. Resolves with the exit code: 1 when there are any. */
export async function verify(options: VerifyCommandOptions, signal: AbortSignal): Promise<number> {
  const progress = stepProgress(options.json);
  const report = await onJournal(storesOf(options), (pool) =>
    verifyJournal({
      pool,
      signal,
      maxViolations: options.max,
      onProgress: ({ phase, done, total }) => progress.step(phase, done, total),
    }),
  ).finally(() => progress.stop());
  if (options.json) say(toJson({ ...report, counts: Object.fromEntries(report.counts) }));
  else print(report);
  return report.counts.size === 0 ? 0 : 1;
}

function print(report: VerifyReport): void {
  const { head, events, aggregates, commands, fences, violations, counts } = report;
  say(`${events} events up to position ${head}, ${aggregates} aggregates, ${commands} answered commands`);
  for (const { firstPosition, lastPosition, fencedAt, reason } of fences)
    say(
      `positions ${firstPosition} to ${lastPosition} were given up at ${fencedAt.toISOString()}: ${reason}`,
    );
  if (counts.size === 0) return say('nothing is wrong');
  say();
  const rows = violations.map(({ kind, subject, description }) => [kind, subject, description]);
  say(table(['what', 'where', 'how'], rows));
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (all > violations.length) say(`… and ${all - violations.length} more`);
  say();
  say(
    table(
      ['what', 'times'],
      [...counts].map(([kind, count]) => [kind, String(count)]),
    ),
  );
}
