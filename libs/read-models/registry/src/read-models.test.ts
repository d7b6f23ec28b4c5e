import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CONTEXTS } from '@meridian/contracts';
import { describe, expect, it } from 'vitest';
import { PROJECTIONS, READ_MODEL_NAMES } from './read-models.ts';

const workspace = join(import.meta.dirname, '../../../..');
const foldersIn = (folder: string): string[] =>
  readdirSync(join(workspace, folder)).filter((name) =>
    existsSync(join(workspace, folder, name, 'package.json')),
  );

describe('the registry of read models', () => {
  it('has each read model under the name of its projection', () => {
    expect(PROJECTIONS.map(({ name }) => name)).toEqual(READ_MODEL_NAMES);
  });

  it('has every library of a read model and every projector, and no other', () => {
    const names = [...READ_MODEL_NAMES].sort();
    const libraries = foldersIn('libs/read-models').filter((name) => name !== 'registry');
    expect(libraries.sort()).toEqual(names);
    // `all` runs every projection in one process.
    const projectors = foldersIn('apps/projectors').filter((name) => name !== 'all');
    expect(projectors.sort()).toEqual(names);
  });

  it('has read models that are fed by known contexts, and tables of different names', () => {
    const contexts = new Set(PROJECTIONS.flatMap((projection) => projection.contexts));
    expect([...contexts].every((context) => CONTEXTS.includes(context))).toBe(true);
    const tables = PROJECTIONS.flatMap((projection) => projection.tables.map(({ name }) => name));
    expect(new Set(tables).size).toBe(tables.length);
  });
});
