import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';
import { outcomeOf } from './reports.ts';
import type { Report } from './reports.ts';
import { failuresIn, tableOf, totalsOf } from './summary.ts';

function passedTest(fullName: string) {
  return { status: 'passed', fullName, failureMessages: [] };
}

const broken = {
  ...{ name: join(workspaceRoot, 'libs/kernel/src/b.test.ts'), message: 'no such module', status: 'failed' },
  ...{ startTime: 0, endTime: 0, assertionResults: [] },
};

const green: Report = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  success: true,
  testResults: [
    {
      ...{ name: join(workspaceRoot, 'libs/kernel/src/a.test.ts'), message: '', status: 'passed' },
      ...{ startTime: 1_000, endTime: 3_500, assertionResults: ['a', 'b', 'c'].map(passedTest) },
    },
  ],
};

const outcome = (report: Report | undefined) => outcomeOf('kernel', 'unit', report);

describe('outcomeOf', () => {
  it('counts what a report says', () => {
    expect(outcome(green)).toMatchObject({ passed: 3, failed: 0, skipped: 2, seconds: 2.5, note: '' });
  });

  it('counts a run without a report as failed', () => {
    expect(outcome(undefined)).toMatchObject({ passed: 0, failed: 1 });
  });

  it('counts a file that failed to load, beside failed tests', () => {
    const report = {
      ...green,
      success: false,
      numFailedTests: 2,
      testResults: [...green.testResults, broken],
    };
    expect(outcome(report)).toMatchObject({ passed: 3, failed: 3 });
  });

  it('counts a failure outside any test once', () => {
    expect(outcome({ ...green, success: false })).toMatchObject({ passed: 3, failed: 1 });
  });
});

describe('totalsOf', () => {
  it('sums the outcomes', () => {
    expect(totalsOf([outcome(green), outcome(green), outcome(undefined)])).toEqual({
      passed: 6,
      failed: 1,
      skipped: 4,
    });
  });

  it('takes a run without any test for a failure', () => {
    expect(totalsOf([])).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('tableOf', () => {
  it('has a line for each outcome, in columns', () => {
    expect(tableOf([outcome(green)]).split('\n')).toEqual([
      'project  tests  passed  failed  skipped  seconds',
      'kernel   unit        3       0        2      2.5',
    ]);
  });
});

describe('failuresIn', () => {
  it('repeats what failed and what was said, and nothing that passed', () => {
    const message = '\u001b[31mAssertionError\u001b[39m: expected 1 to be 2\n    at a.test.ts:3:1';
    const red = { status: 'failed', fullName: 'sums adds', failureMessages: [message] };
    const [file] = green.testResults;
    const failing = { ...file!, status: 'failed', assertionResults: [passedTest('sums'), red] };
    const report = { ...green, success: false, numFailedTests: 1, testResults: [failing, broken] };
    expect(failuresIn([outcome(green), outcome(report), outcome(undefined)])).toEqual([
      'FAILED kernel unit: sums adds',
      '  | AssertionError: expected 1 to be 2',
      '  |     at a.test.ts:3:1',
      'FAILED kernel unit: libs/kernel/src/b.test.ts',
      '  | no such module',
      'FAILED kernel unit: left no report',
    ]);
  });

  it('repeats only the first lines of a long one', () => {
    const red = { status: 'failed', fullName: 'long', failureMessages: ['line\n'.repeat(500)] };
    const report = { ...green, testResults: [{ ...green.testResults[0]!, assertionResults: [red] }] };
    expect(failuresIn([outcome(report)])).toHaveLength(13);
  });
});
