import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { workspaceRoot } from '../shell/workspace.ts';
import type { TestMode, TestedProject } from './projects.ts';

/** What a run of one project's tests of one mode came to; `note` says what a test's name cannot. */
export interface Outcome {
  readonly project: string;
  readonly mode: TestMode;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly note: string;
  readonly failures: readonly Failure[];
  /** The names of the tests that were left out; each says in its name why. */
  readonly leftOut: readonly string[];
}

/** A test that failed, or a file that failed before its tests: its name, and what was said about it. */
export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** What vitest reports of one file. */
export interface FileReport {
  readonly name: string;
  readonly message: string;
  readonly status: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly assertionResults: readonly TestReport[];
}

interface TestReport {
  readonly status: string;
  readonly fullName: string;
  readonly failureMessages: readonly string[];
}

/** The part of vitest's JSON report that is counted here: that of one run over all projects. */
export interface Report {
  readonly testResults: readonly FileReport[];
}

const reportsFolder = join(workspaceRoot, 'dist/test-reports');

/** Forgets the reports of earlier runs, so that only this run's are counted. */
export async function forgetReports(): Promise<void> {
  await rm(reportsFolder, { recursive: true, force: true });
}

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'testResults' in value;
}

/** Whether a file failed before any of its tests. */
const isBroken = (file: FileReport): boolean =>
  file.status === 'failed' && file.assertionResults.length === 0;

/** What vitest writes in place of the message when a test or a hook takes longer than its limit. */
const NO_MESSAGE = 'Error: STACK_TRACE_ERROR';
const TIMED_OUT =
  'Error: did not end within its time limit (tools/vitest/limits.ts), so it counts as hanging';

function failuresOf(file: FileReport): Failure[] {
  if (isBroken(file)) return [{ name: relative(workspaceRoot, file.name), message: file.message }];
  return file.assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => ({ name: fullName, message: messageOf(failureMessages) }));
}

function messageOf(failureMessages: readonly string[]): string {
  return failureMessages.map((message) => message.replace(NO_MESSAGE, TIMED_OUT)).join('\n');
}

/** One failure that no report tells of. */
export function unreported(project: string, mode: TestMode, note: string): Outcome {
  return { project, mode, passed: 0, failed: 1, skipped: 0, seconds: 0, note, failures: [], leftOut: [] };
}

/** Counts the files of one project. A file that failed before any of its tests counts as one failed test. */
export function outcomeOf(project: string, mode: TestMode, files: readonly FileReport[]): Outcome {
  if (files.length === 0) return unreported(project, mode, 'is not in the report');
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const count = (...statuses: readonly string[]): number =>
    tests.filter(({ status }) => statuses.includes(status)).length;
  const isLeftOut = ({ status }: TestReport): boolean => status !== 'passed' && status !== 'failed';
  const broken = files.filter(isBroken).length;
  const [passed, failed] = [count('passed'), count('failed')];
  const tookMs = files.reduce((sum, file) => sum + Math.max(0, file.endTime - file.startTime), 0);
  return {
    project,
    mode,
    passed,
    failed: failed + broken,
    skipped: tests.length - passed - failed,
    seconds: tookMs / 1000,
    note: broken > 0 ? 'a file failed to load' : '',
    failures: files.flatMap(failuresOf),
    leftOut: tests.filter(isLeftOut).map(({ fullName }) => fullName),
  };
}

async function readReport(mode: TestMode): Promise<Report | undefined> {
  try {
    const report: unknown = JSON.parse(await readFile(join(reportsFolder, `${mode}.json`), 'utf8'));
    return isReport(report) ? report : undefined;
  } catch {
    // A run that was cut short leaves no report, or half of one: it counts as failed.
    return undefined;
  }
}

/**
 * The outcomes of a phase, one per project. A project of which the report knows nothing counts as failed. A phase that failed
 * though none of its projects did adds a failure of its own.
 */
export async function outcomesOf(
  phase: string,
  projects: readonly TestedProject[],
  mode: TestMode,
  exitCode: number,
): Promise<Outcome[]> {
  const report = await readReport(mode);
  if (report === undefined) return [unreported(phase, mode, `left no report (exit code ${exitCode})`)];
  const outcomes = projects.map(({ name, folder }) => {
    const prefix = join(workspaceRoot, folder, '/');
    return outcomeOf(
      name,
      mode,
      report.testResults.filter((file) => file.name.startsWith(prefix)),
    );
  });
  if (exitCode === 0 || outcomes.some((outcome) => outcome.failed > 0)) return outcomes;
  return [...outcomes, unreported(phase, mode, `failed outside any test (exit code ${exitCode})`)];
}
