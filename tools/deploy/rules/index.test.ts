import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixturesOf } from '../fixtures.ts';
import { RULES } from './index.ts';

const names = ['schema', ...RULES.map(({ name }) => name)];

describe('the rules', () => {
  it.each(names)('have manifests that must fail: %s', (name) => {
    expect(fixturesOf(name).length).toBeGreaterThan(0);
  });

  it('have names of their own, and no fixture is left over', () => {
    const files = readdirSync(join(import.meta.dirname, '../fixtures')).map((file) =>
      file.replace('.yaml', ''),
    );
    expect(files.sort()).toEqual([...names].sort());
  });
});
