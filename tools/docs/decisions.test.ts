import { describe, expect, it } from 'vitest';
import { problemsOfDecisions } from './decisions.ts';
import { treeFrom } from './test-tree.ts';

const sections = '## Context\n\n## Decision\n\n## Consequences\n\n## Also considered\n';
const good = (title: string) => `# ${title}\n\n- Status: accepted\n- Date: 2026-11-28\n\n${sections}`;

function problems(decisions: Readonly<Record<string, string>>, index: string): string[] {
  const files = Object.entries(decisions).map(([file, text]) => [`docs/decisions/${file}`, text] as const);
  const tree = treeFrom({ ...Object.fromEntries(files), 'docs/decisions/README.md': index });
  return problemsOfDecisions(Object.keys(decisions), tree);
}

describe('problemsOfDecisions', () => {
  it('takes decisions of the form that stand in the index', () => {
    const index = '[0001 One](0001-one.md) [0002 Two](0002-two.md)';
    const replaced = good('0001 One').replace('accepted', 'superseded by [0002](0002-two.md)');
    expect(problems({ '0001-one.md': replaced, '0002-two.md': good('0002 Two') }, index)).toEqual([]);
  });

  it('says what is missing of the form', () => {
    const text = '# One\n\nStatus: yes\n\n## Context\n\n## Decision\n';
    expect(problems({ '0001-one.md': text }, '[One](0001-one.md)')).toEqual([
      'docs/decisions/0001-one.md: the title must begin with "# 0001 "',
      'docs/decisions/0001-one.md: no line "- Status: proposed|accepted|superseded by [NUMBER](FILE)"',
      'docs/decisions/0001-one.md: no line "- Date: YYYY-MM-DD"',
      'docs/decisions/0001-one.md: the sections must be: ## Context, ## Decision, ## Consequences, ## Also considered',
    ]);
  });

  it('asks for an entry under the same title', () => {
    expect(problems({ '0001-one.md': good('0001 One') }, '[0001 Another](0001-one.md)')).toEqual([
      'docs/decisions/0001-one.md: docs/decisions/README.md has no entry "[0001 One](0001-one.md)"',
    ]);
  });

  it('refuses a number that is used twice, and a gap of which the index says nothing', () => {
    const index = '[0003 A](0003-a.md) [0003 B](0003-b.md) 0001 was never used';
    expect(problems({ '0003-a.md': good('0003 A'), '0003-b.md': good('0003 B') }, index)).toEqual([
      'docs/decisions/0003-b.md: another decision has this number',
      'docs/decisions/README.md: nothing is said about the missing number 0002',
    ]);
  });
});
