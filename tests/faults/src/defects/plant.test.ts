import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceFolder } from '@meridian/engines';
import { describe, expect, it } from 'vitest';
import { DEFECTS } from './defects.ts';
import { FOLD_DEFECTS } from './fold-defects.ts';
import { MENDED_DEFECTS } from './mended-defects.ts';
import { OTHER_VERSIONS } from './other-versions.ts';
import { changed } from './plant.ts';
import { READ_DEFECTS } from './read-defects.ts';
import { SUM_DEFECTS } from './sum-defects.ts';

const ALL = [
  ...DEFECTS,
  ...READ_DEFECTS,
  ...FOLD_DEFECTS,
  ...MENDED_DEFECTS,
  ...SUM_DEFECTS,
  ...OTHER_VERSIONS,
];

describe('a planted defect', () => {
  it.each(ALL)('finds what it replaces: $name', ({ name, changes }) => {
    for (const [file, own] of Map.groupBy(changes, (change) => change.file)) {
      const source = readFileSync(path.join(workspaceFolder(), file), 'utf8');
      expect(changed(source, { name, changes: own })).not.toBe(source);
    }
  });

  it('has a name of its own', () => {
    const names = ALL.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('cannot be planted where its text is not', () => {
    const changes = [{ file: 'a.ts', from: 'there', to: 'not there' }];
    expect(() => changed('something else', { name: 'gone', changes })).toThrow(/a\.ts has changed/);
  });
});
