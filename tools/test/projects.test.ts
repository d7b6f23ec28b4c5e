import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';
import { isAsked, partsWithoutFile, projectsWithTests } from './projects.ts';

const names = async (...asked: Parameters<typeof projectsWithTests>): Promise<string[]> =>
  (await projectsWithTests(...asked)).map(({ folder }) => folder);

describe('isAsked', () => {
  it('takes a file by itself, by its folder and by a part of its path', () => {
    const file = 'libs/relay/src/relay.integration.test.ts';
    for (const part of [file, 'libs/relay', 'relay.integration']) expect(isAsked(file, [part])).toBe(true);
    expect(isAsked(file, ['libs/mysql'])).toBe(false);
  });

  it('takes every file when none was asked for', () => {
    expect(isAsked('libs/a.test.ts', [])).toBe(true);
  });
});

describe('partsWithoutFile', () => {
  it('tells of each part that no file has, also beside parts that some file has', async () => {
    const parts = ['libs/relay', 'libs/projektor', 'tools/test/projects.test.ts'];
    const projects = await projectsWithTests('unit', parts);
    expect(partsWithoutFile(parts, projects)).toEqual(['libs/projektor']);
    expect(partsWithoutFile([], projects)).toEqual([]);
  });
});

describe('projectsWithTests', () => {
  it('finds only the projects with a test that was asked for', async () => {
    expect(await names('unit', ['tools/test/projects.test.ts'])).toEqual(['tools/test']);
    expect(await names('integration', ['libs/mysql/src/pool.integration'])).toEqual(['libs/mysql']);
  });

  it('names the files that were asked for, also by the folder above their project', async () => {
    const [first, ...others] = await projectsWithTests('integration', ['read-models/']);
    expect(others.length).toBeGreaterThan(2);
    expect(first?.files).toEqual(['libs/read-models/catalog/src/questions.integration.test.ts']);
  });

  it('starts no engines for a pure test: no project has it as an integration test', async () => {
    expect(await names('integration', ['tools/test/projects.test.ts'])).toEqual([]);
  });

  it('leaves no test file of the workspace out', async () => {
    const found = [...(await projectsWithTests('unit')), ...(await projectsWithTests('integration'))];
    const exclude = ['**/node_modules', 'dist', '.meridian'];
    const all = globSync('**/*.test.ts', { cwd: workspaceRoot, exclude }).sort();
    expect(found.flatMap(({ files }) => files).sort()).toEqual(all);
    expect(all.length).toBeGreaterThan(200);
  });
});
