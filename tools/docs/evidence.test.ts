import { describe, expect, it } from 'vitest';
import { problemsOfEvidence } from './evidence.ts';
import { treeFrom } from './test-tree.ts';

const problems = (...rows: readonly string[]) =>
  problemsOfEvidence(
    'docs/asvs.md',
    treeFrom({
      'docs/asvs.md': ['# A', '', '| number | state | shown by |', '| - | - | - |', ...rows].join('\n'),
      'libs/x/src/y.test.ts': 'it(\'holds: always\', () => {});\nit("also `so`", () => {});',
    }),
  );

describe('the tables of what shows a claim', () => {
  it('may name files, and tests by their titles', () => {
    expect(
      problems(
        '| 1.1 | met | `libs/x/src/y.test.ts: holds: always` |',
        '| 1.2 | met | `libs/x/src/y.test.ts`, and the variable `MERIDIAN_ACCESS` |',
        '| 1.3 | not met | |',
      ),
    ).toEqual([]);
  });

  it('may name no file that there is not, and no test', () => {
    expect(
      problems(
        '| 1.1 | met | `libs/x/src/z.test.ts: holds: always` |',
        '| 1.2 | met | `libs/x/src/y.test.ts: holds` |',
        '| 1.3 | not met | `libs/y.ts` |',
      ),
    ).toEqual([
      'docs/asvs.md:5: no such file: libs/x/src/z.test.ts',
      'docs/asvs.md:6: no such test in libs/x/src/y.test.ts: holds',
      'docs/asvs.md:7: no such file: libs/y.ts',
    ]);
  });

  it('may claim nothing without naming what shows it', () => {
    expect(
      problems(
        '| 1.1 | met | `MERIDIAN_ACCESS` says so |',
        '| a stranger | cannot | read | |',
        '| x | can | y | |',
      ),
    ).toEqual([
      'docs/asvs.md:5: says "met" and names no file or test that shows it',
      'docs/asvs.md:6: says "cannot" and names no file or test that shows it',
    ]);
  });
});
