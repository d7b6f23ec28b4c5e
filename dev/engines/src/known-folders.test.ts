import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { knownFolders, rememberFolder } from './known-folders.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'meridian-cache-'));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

describe('knownFolders', () => {
  it('are those of a kind that still exist, each once', () => {
    const [here, gone] = [join(cache, 'here'), join(cache, 'gone')];
    mkdirSync(here);
    mkdirSync(gone);
    for (const folder of [here, gone, here]) rememberFolder(cache, 'stacks', folder);
    rememberFolder(cache, 'engines', gone);
    expect(new Set(knownFolders(cache, 'stacks'))).toEqual(new Set([here, gone]));
    rmSync(gone, { recursive: true });
    expect(knownFolders(cache, 'stacks')).toEqual([here]);
    expect(knownFolders(cache, 'engines')).toEqual([]);
  });
});
