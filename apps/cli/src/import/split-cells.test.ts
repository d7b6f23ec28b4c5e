import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitAllCells, splitCells } from './split-cells.ts';

describe('splitCells', () => {
  it.each([
    ['a, b ,c', ',', ['a', 'b', 'c']],
    ['"a", "b, c" ,,"d ""e"""', ',', ['a', 'b, c', '', 'd "e"']],
    ['a\t"b\tc"\t\td\t', '\t', ['a', 'b\tc', '', 'd', '']],
    ['PLATE 6" BLUE;x', ';', ['PLATE 6" BLUE', 'x']],
    ['a,"b,c', ',', undefined],
  ])('makes of %j with %j between: %j', (raw, separator, cells) =>
    expect(splitCells(raw, separator)).toEqual(cells),
  );
});

describe('splitAllCells', () => {
  const line = fc.constantFrom('a,b', '"a","b"', 'a,"b', '"a,b', '"', ',', '"",', 'a"b,c', ' "x" ,y', '');

  it('gives what each line has by itself, whatever the others are', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        expect([...splitAllCells(lines, ',')]).toEqual(lines.map((one) => splitCells(one, ',')));
      }),
    );
  });

  it('does so in more lines than are parsed at once', () => {
    const lines = Array.from({ length: 2_500 }, (_, index) => (index % 2 ? `"${index}",b` : `${index},b`));
    const cells = [...splitAllCells(lines, ',')];
    expect(cells).toEqual(lines.map((_, index) => [String(index), 'b']));
  });
});
