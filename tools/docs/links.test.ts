import { describe, expect, it } from 'vitest';
import { problemsOfPage, problemsOfSource } from './links.ts';
import { treeFrom } from './test-tree.ts';

const tree = (readme: string) =>
  treeFrom({
    'README.md': readme,
    'docs/a.md': '# A\n\n## First part\n\n[up](../README.md) [here](#first-part)\n',
    'libs/x/src/y.ts': '',
  });

describe('problemsOfPage', () => {
  it('takes links to files, headings and other sites', () => {
    const page =
      '# R\n[a](docs/a.md) [b](docs/a.md#first-part) [c](https://example.org/x#y) [d](docs) [e](#r)';
    expect(problemsOfPage('README.md', tree(page))).toEqual([]);
    expect(problemsOfPage('docs/a.md', tree(page))).toEqual([]);
  });

  it('names the line of a link to a missing file or heading', () => {
    const page = '# R\n[a](docs/b.md)\n\n[b](docs/a.md#second-part) [c](#q)';
    expect(problemsOfPage('README.md', tree(page))).toEqual([
      'README.md:2: no such file: docs/b.md',
      'README.md:4: no such heading: docs/a.md#second-part',
      'README.md:4: no such heading: #q',
    ]);
  });

  it('names a file in backticks that does not exist', () => {
    const page = '`libs/x/src/y.ts:12` `libs/x/` `libs/*/src/y.ts` `libs/x/src/z.ts` `libs/*/z.ts`';
    expect(problemsOfPage('README.md', tree(page))).toEqual([
      'README.md:1: no such file: `libs/x/src/z.ts`',
      'README.md:1: no such file: `libs/*/z.ts`',
    ]);
  });

  it('leaves names alone that the reader fills in, commands and folders of no project', () => {
    const page = '`libs/<name>/src` `docs/NAME.md` `libs/x npm test` `src/z.ts` `@meridian/x`';
    expect(problemsOfPage('README.md', tree(page))).toEqual([]);
  });
});

describe('problemsOfSource', () => {
  const problems = (text: string) =>
    problemsOfSource('libs/x/src/y.ts', text, new Set(['0001']), tree('# R'));

  it('takes pages, headings and decisions that exist', () => {
    expect(problems('see docs/a.md, (docs/a.md#first-part). docs/decisions/0001.')).toEqual([]);
  });

  it('names those that do not', () => {
    expect(problems('see docs/b.md, docs/a.md#second and docs/decisions/0002')).toEqual([
      'libs/x/src/y.ts: no such file: docs/b.md',
      'libs/x/src/y.ts: no such heading: docs/a.md#second',
      'libs/x/src/y.ts: no such decision: 0002',
    ]);
  });
});
