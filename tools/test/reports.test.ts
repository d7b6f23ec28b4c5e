import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';
import { outcomeOf } from './reports.ts';
import type { FileReport } from './reports.ts';
import { failuresIn, skippedIn, tableOf, totalsOf } from './summary.ts';

function passedTest(fullName: string) {
  return { status: 'passed', fullName, failureMessages: [] };
}

const broken = {
  name: join(workspaceRoot, 'libs/kernel/src/b.test.ts'),
  message: 'no such module',
  status: 'failed',
  startTime: 0,
  endTime: 0,
  assertionResults: [],
};

const skipped = { status: 'skipped', fullName: 'd', failureMessages: [] };
const green: FileReport = {
  name: join(workspaceRoot, 'libs/kernel/src/a.test.ts'),
  message: '',
  status: 'passed',
  startTime: 1_000,
  endTime: 3_500,
  assertionResults: [...['a', 'b', 'c'].map(passedTest), skipped, { ...skipped, status: 'todo' }],
};

const outcome = (...files: readonly FileReport[]) => outcomeOf('kernel', 'unit', files);

describe('outcomeOf', () => {
  it('counts what a report says', () => {
    expect(outcome(green)).toMatchObject({ passed: 3, failed: 0, skipped: 2, seconds: 2.5, note: '' });
  });

  it('counts a project that is not in the report as failed', () => {
    expect(outcome()).toMatchObject({ passed: 0, failed: 1 });
  });

  it('counts a file that failed to load, beside failed tests', () => {
    const red = { status: 'failed', fullName: 'sums adds', failureMessages: ['no'] };
    const failing = { ...green, status: 'failed', assertionResults: [...green.assertionResults, red, red] };
    expect(outcome(failing, broken)).toMatchObject({ passed: 3, failed: 3 });
  });

  it('says of a test that hangs what its report does not', () => {
    const hanging = {
      status: 'failed',
      fullName: 'waits',
      failureMessages: ['Error: STACK_TRACE_ERROR\n    at x'],
    };
    const { failures } = outcome({ ...green, status: 'failed', assertionResults: [hanging] });
    expect(failures).toEqual([
      {
        name: 'waits',
        message: expect.stringMatching(/^Error: did not end within its time limit .*\n {4}at x$/),
      },
    ]);
  });
});

describe('totalsOf', () => {
  it('sums the outcomes', () => {
    expect(totalsOf([outcome(green), outcome(green), outcome()])).toEqual({
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
    const failing = { ...green, status: 'failed', assertionResults: [passedTest('sums'), red] };
    expect(failuresIn([outcome(green), outcome(failing, broken), outcome()])).toEqual([
      'FAILED kernel unit: sums adds',
      '  | AssertionError: expected 1 to be 2',
      '  |     at a.test.ts:3:1',
      'FAILED kernel unit: libs/kernel/src/b.test.ts',
      '  | no such module',
      'FAILED kernel unit: is not in the report',
    ]);
  });

  it('repeats only the first lines of a long one', () => {
    const red = { status: 'failed', fullName: 'long', failureMessages: ['line\n'.repeat(500)] };
    expect(failuresIn([outcome({ ...green, status: 'failed', assertionResults: [red] })])).toHaveLength(13);
  });
});

describe('skippedIn', () => {
  it('names what was left out', () => {
    expect(skippedIn([outcome(green), outcome()])).toEqual([
      'SKIPPED kernel unit: d',
      'SKIPPED kernel unit: d',
    ]);
  });
});
