import type { Planted } from './planted.ts';

/** A mistake that shows in a project's own tests, which are run with it. */
export interface TestedDefect extends Planted {
  /** The project's folder, and the test file in it. */
  readonly project: string;
  readonly testFile: string;
  /** The test needs engines. */
  readonly onEngines?: true;
}

const FOLD = { project: 'libs/projection', testFile: 'src/fold.test.ts' };

/**
 * Mistakes of the fold that no shipped projection shows. No shipped projection has a row in which aggregates write
 * cells of their own, or deletes a row and writes it anew by one event. Whoever adds such a projection relies on the property tests that must
 * catch them.
 */
export const FOLD_DEFECTS: readonly TestedDefect[] = [
  {
    name: 'folding-across-aggregates',
    mistake:
      'the cells that two aggregates write to one row are folded together, and stamped by the newer of them',
    changes: [
      {
        file: 'libs/projection/src/fold.ts',
        from: '|${owner}|${rowIdOf(mutation.table, mutation.key)}`;',
        to: '|${owner.slice(0, 0)}|${rowIdOf(mutation.table, mutation.key)}`;',
      },
    ],
    caughtBy: ['keeps the cells of two aggregates in one row apart, also when one is parked and comes later'],
    ...FOLD,
  },
  {
    name: 'delete-and-write-at-one-timestamp',
    mistake: 'an event’s write has the timestamp of its delete, which then wins',
    changes: [
      {
        file: 'libs/projection/src/fold.ts',
        from: 'row.writtenAt = 2n * position + 1n;',
        to: 'row.writtenAt = 2n * position;',
      },
    ],
    caughtBy: ['leaves a row that one event takes away and writes anew, with nothing of before'],
    ...FOLD,
  },
];
