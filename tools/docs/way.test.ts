import { describe, expect, it } from 'vitest';
import { treeFrom } from './test-tree.ts';
import { problemsOfWay, WAY_PAGE } from './way.ts';

const first = 'export function receive(order: string) {\n  return store.save(order);\n}\n';
const second =
  'export class Store {\n  save(order: string) {\n    return this.#keep(order);\n  }\n  #keep() {}\n}\n';
const rows = [
  '| 1 | `a.ts` | `receive` | **entry**: an order comes |',
  '| 2 | `b.ts` | `save`, `#keep` | it is kept |',
  '| 3 | `a.ts` | `receive` | the answer |',
];

interface Given {
  readonly rows?: readonly string[];
  readonly counts?: string;
  readonly files?: Readonly<Record<string, string>>;
}

function problems(given: Given, limits = { stays: 3, returns: 1 }): string[] {
  const { counts = '3 | 2 | 1', files = {} } = given;
  const table = ['## Leg 1: there and back', '', ...(given.rows ?? rows), ''];
  const page = [...table, '## Counts', '', `| Leg 1: there | ${counts} |`, `| All | ${counts} |`];
  const tree = treeFrom({ 'a.ts': first, 'b.ts': second, ...files, [WAY_PAGE]: page.join('\n') });
  return problemsOfWay(tree, limits).map((problem) => problem.replace(WAY_PAGE, 'page'));
}

describe('problemsOfWay', () => {
  it('takes a way whose files declare what its rows name', () => {
    expect(problems({})).toEqual([]);
  });

  it('finds a file that is gone, and a function that a file no longer declares', () => {
    const renamed = { 'b.ts': second.replace('#keep() {}', '#hold() {}') };
    expect(problems({ files: renamed })).toEqual(['page:4: b.ts declares no #keep']);
    const gone = [rows[0] ?? '', '| 2 | `c.ts` | `save` | it is kept |', rows[2] ?? ''];
    expect(problems({ rows: gone })).toEqual(['page:4: no such file: c.ts']);
  });

  it('takes a name in a call for no declaration', () => {
    const called = [rows[0] ?? '', rows[1] ?? '', '| 3 | `a.ts` | `receive`, `save` | the answer |'];
    expect(problems({ rows: called })).toEqual(['page:5: a.ts declares no save']);
  });

  it('finds a row that no file before it calls, unless outside code does', () => {
    const another = { 'a.ts': first.replace('store.save', 'store.put') };
    expect(problems({ files: another })).toEqual(['page:4: no file before names save or #keep']);
    const entry = rows.map((row) => row.replace('it is kept', '**entry**: it is kept'));
    expect(problems({ files: another, rows: entry })).toEqual([]);
  });

  it('finds rows that are one stay, or out of number, or without a function', () => {
    const one = [rows[0] ?? '', '| 3 | `a.ts` | `receive` | again |', '| 3 | `b.ts` | | it is kept |'];
    expect(problems({ rows: one })).toEqual([
      'page:4: Leg 1 row 3 should be 2',
      'page:4: the same stay as the row before',
      'page:5: no function named',
      'page:5: no file before names ',
    ]);
  });

  it('finds counts that are not those of the rows', () => {
    expect(problems({ counts: '3 | 2 | 0' })).toEqual([
      'page: Leg 1 has 3 / 2 / 1 stays, files and returns; the page says 3 / 2 / 0',
      'page: All has 3 / 2 / 1 stays, files and returns; the page says 3 / 2 / 0',
    ]);
  });

  it('finds a way that is longer than it may be, and a page without a leg', () => {
    expect(problems({}, { stays: 2, returns: 0 })).toEqual([
      'page: 3 stays; at most 2',
      'page: 1 returns; at most 0',
    ]);
    const empty = problemsOfWay(treeFrom({ [WAY_PAGE]: '# The way\n' }));
    expect(empty[0]).toContain('no leg');
  });
});
