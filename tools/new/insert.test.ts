import { describe, expect, it } from 'vitest';
import { addImport, addNames, insertAfter, withEntry } from './insert.ts';

const source = "import { b } from '@x/b';\nimport { z } from './z.ts';\n\nconst TABLE = {\n  a: 1,\n};\n";

describe('edits of a file', () => {
  it('add before the first place after the anchor', () => {
    expect(insertAfter(source, /const TABLE = \{/, /\n\};/, '\n  b: 2,')).toContain('  a: 1,\n  b: 2,\n};');
  });

  it('are refused when the place is not there', () => {
    expect(() => insertAfter(source, /const OTHER = \{/, /\n\};/, 'x')).toThrow('is not found');
    expect(() => insertAfter(source, /const TABLE = \{/, /\n\);/, 'x')).toThrow('is not found');
  });

  it('put an import at its place: packages before files', () => {
    expect(addImport(source, "import { c } from '@x/c';").split('\n').slice(0, 3)).toEqual([
      "import { b } from '@x/b';",
      "import { c } from '@x/c';",
      "import { z } from './z.ts';",
    ]);
    expect(addImport('const a = 1;\n', "import { c } from '@x/c';")).toBe(
      "import { c } from '@x/c';\n\nconst a = 1;\n",
    );
  });

  it('add names to an import once', () => {
    const more = addNames(source, '@x/b', 'type a', 'b');
    expect(more).toContain("import { type a, b } from '@x/b';");
    expect(addNames(more, '@x/b', 'a')).toBe(more);
    expect(addNames(source, '@x/new', 'n')).toContain("import { n } from '@x/new';\nimport { z }");
  });

  it('add an entry at its place in the alphabet', () => {
    expect(Object.keys(withEntry({ a: 1, c: 2 }, 'b', 3))).toEqual(['a', 'b', 'c']);
    expect(Object.keys(withEntry({ '': 1 }, 'b', 3))).toEqual(['', 'b']);
  });
});
