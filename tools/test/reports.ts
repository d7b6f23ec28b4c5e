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
}

/** A test that failed, or a file that failed before its tests: its name, and what was said about it. */
export interface Failure {
  readonly name: string;
  readonly message: string;
}

interface FileReport {
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

/** The part of vitest's JSON report that is counted here. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly success: boolean;
  readonly testResults: readonly FileReport[];
}

const reportsFolder = join(workspaceRoot, 'dist/test-reports');

const reportFile = (project: TestedProject, mode: TestMode): string =>
  join(reportsFolder, project.folder, `${mode}.json`);

/** Forgets the reports of earlier runs, so that only this run's are counted. */
export async function forgetReports(): Promise<void> {
  await rm(reportsFolder, { recursive: true, force: true });
}

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'numPassedTests' in value && 'testResults' in value;
}

/** Whether a file failed before any of its tests. */
const isBroken = (file: FileReport): boolean =>
  file.status === 'failed' && file.assertionResults.length === 0;

function failuresOf(file: FileReport): Failure[] {
  if (isBroken(file)) return [{ name: relative(workspaceRoot, file.name), message: file.message }];
  return file.assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => ({ name: fullName, message: failureMessages.join('\n') }));
}

/** One failure that no report tells of. */
export function unreported(project: string, mode: TestMode, note: string): Outcome {
  return { project, mode, passed: 0, failed: 1, skipped: 0, seconds: 0, note, failures: [] };
}

/** Counts a report. A file that failed before any of its tests, and a failure that is no test's, count as one failed each. */
export function outcomeOf(project: string, mode: TestMode, report: Report | undefined): Outcome {
  if (report === undefined) return unreported(project, mode, 'left no report');
  const brokenFiles = report.testResults.filter(isBroken);
  const failedAlready = report.numFailedTests + brokenFiles.length;
  const failedElsewhere = !report.success && failedAlready === 0 ? 1 : 0;
  const tookMs = report.testResults.reduce(
    (sum, file) => sum + Math.max(0, file.endTime - file.startTime),
    0,
  );
  return {
    ...{ project, mode },
    passed: report.numPassedTests,
    failed: failedAlready + failedElsewhere,
    skipped: report.numPendingTests + report.numTodoTests,
    seconds: tookMs / 1000,
    note:
      brokenFiles.length > 0 ? 'a file failed to load' : failedElsewhere > 0 ? 'failed outside any test' : '',
    failures: report.testResults.flatMap(failuresOf),
  };
}

async function readReport(project: TestedProject, mode: TestMode): Promise<Report | undefined> {
  try {
    const report: unknown = JSON.parse(await readFile(reportFile(project, mode), 'utf8'));
    return isReport(report) ? report : undefined;
  } catch {
    // A run that was cut short leaves no report, or half of one: it counts as failed.
    return undefined;
  }
}

/** The outcomes of a phase. A phase that failed though none of its projects did adds a failure of its own. */
export async function outcomesOf(
  phase: string,
  projects: readonly TestedProject[],
  mode: TestMode,
  exitCode: number,
): Promise<Outcome[]> {
  const read = projects.map(async (project) =>
    outcomeOf(project.name, mode, await readReport(project, mode)),
  );
  const outcomes = await Promise.all(read);
  if (exitCode === 0 || outcomes.some((outcome) => outcome.failed > 0)) return outcomes;
  return [...outcomes, unreported(phase, mode, `ended with exit code ${exitCode}`)];
}
