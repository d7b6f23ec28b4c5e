import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { workspaceFolder } from '@meridian/engines';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { THIS_VERSION, versionIn } from './version.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meridian-version-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function writeReadModels(content: string): Promise<void> {
  const place = path.join(folder, 'libs/read-models/registry/src');
  await mkdir(place, { recursive: true });
  await writeFile(path.join(place, 'read-models.ts'), content);
}

describe('the version in a workspace', () => {
  it('has the projections of that workspace', async () => {
    const { workspace, projections } = await versionIn(workspaceFolder());
    expect(workspace).toBe(workspaceFolder());
    expect(projections.map(({ name, version }) => [name, version])).toEqual(
      THIS_VERSION.projections.map(({ name, version }) => [name, version]),
    );
  });

  it.each([
    ['no projections', 'export const OTHERS = [];'],
    [
      'a projection of a context that nobody knows',
      `export const PROJECTIONS = [{ name: 'a', version: 1, contexts: ['b'] }];`,
    ],
    ['a projection without a version', `export const PROJECTIONS = [{ name: 'a', contexts: ['orders'] }];`],
  ])('is refused with %s', async (_what, content) => {
    await writeReadModels(content);
    await expect(versionIn(folder)).rejects.toThrow('does not say which read models it has');
  });
});
