import { stripVTControlCharacters } from 'node:util';
import type { Outcome } from './reports.ts';

const headings = ['project', 'tests', 'passed', 'failed', 'skipped', 'seconds', ''];

function rowOf(outcome: Outcome): string[] {
  const { project, mode, passed, failed, skipped, seconds, note } = outcome;
  return [project, mode, `${passed}`, `${failed}`, `${skipped}`, seconds.toFixed(1), note];
}

/** A table of the outcomes, one line each. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = [headings, ...outcomes.map(rowOf)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isNumber = (column: number): boolean => column >= 2 && column <= 5;
  const pad = (cell: string, column: number): string =>
    isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** How much of what a failed test said is repeated at the end. */
const LINES_A_FAILURE = 12;

/** What failed, to be read without the log above: `FAILED <project> <tests>: <name>`, then what was said, each line behind `  | `. */
export function failuresIn(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ project, mode, failed, note, failures }) => {
    if (failed > 0 && failures.length === 0) return [`FAILED ${project} ${mode}: ${note}`];
    return failures.flatMap(({ name, message }) => [
      `FAILED ${project} ${mode}: ${name}`,
      ...stripVTControlCharacters(message)
        .split('\n')
        .slice(0, LINES_A_FAILURE)
        .map((line) => `  | ${line}`),
    ]);
  });
}

/** How many of the tests that one project left out are named: a hook that failed leaves out all behind it. */
const NAMES_LEFT_OUT = 20;

/** What was left out, to be read without the log above: `SKIPPED <project> <tests>: <name>`. */
export function skippedIn(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ project, mode, leftOut }) => {
    const untold = leftOut.length - NAMES_LEFT_OUT;
    const named = leftOut.slice(0, NAMES_LEFT_OUT);
    return [...named, ...(untold > 0 ? [`and ${untold} more`] : [])].map(
      (name) => `SKIPPED ${project} ${mode}: ${name}`,
    );
  });
}

/** The sums of all outcomes. Nothing passed is a failure too: then no test was found. */
export function totalsOf(outcomes: readonly Outcome[]): { passed: number; failed: number; skipped: number } {
  const sum = (of: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const passed = sum((outcome) => outcome.passed);
  const failed = sum((outcome) => outcome.failed);
  return {
    passed,
    failed: passed === 0 && failed === 0 ? 1 : failed,
    skipped: sum((outcome) => outcome.skipped),
  };
}
