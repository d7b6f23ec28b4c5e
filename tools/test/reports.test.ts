import { describe, expect, it } from 'vitest';
import { outcomeOf } from './reports.ts';
import type { Report } from './reports.ts';
import { tableOf, totalsOf } from './summary.ts';

const green: Report = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  success: true,
  testResults: [{ status: 'passed', startTime: 1_000, endTime: 3_500, assertionResults: [{}, {}, {}] }],
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
    const broken = { status: 'failed', startTime: 0, endTime: 0, assertionResults: [] };
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
