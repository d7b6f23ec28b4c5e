import { describe, expect, it } from 'vitest';
import { readPage } from './markdown.ts';

describe('readPage', () => {
  it('makes the anchors that GitHub makes', () => {
    const page = readPage(
      '# When `MySQL` is away\n\n## [Two](x.md) systems, one Kafka\n\n## Same\n\n## Same\n',
    );
    expect([...page.anchors]).toEqual(['when-mysql-is-away', 'two-systems-one-kafka', 'same', 'same-1']);
  });

  it('finds links with their lines, and none in code', () => {
    const page = readPage(
      'see [a](a.md#b "title") and\n![b](<b c.png>) `[c](c.md)`\n```\n[d](d.md)\n```\n[e]: e.md\n',
    );
    expect(page.links).toEqual([
      { text: 'a.md#b', line: 1 },
      { text: 'b c.png', line: 2 },
      { text: 'e.md', line: 6 },
    ]);
  });

  it('finds texts in backticks, and no headings in code', () => {
    const page = readPage('`libs/a.ts` and `b`\n~~~\n# not a heading `c`\n~~~\n');
    expect(page.codes.map(({ text }) => text)).toEqual(['libs/a.ts', 'b']);
    expect(page.headings).toEqual([]);
  });
});
