import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureWritable } from './writable-file.ts';

describe('ensureWritable', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'meridian-writable-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('refuses a file in a folder that does not exist, and a folder, and says which flag named it', () => {
    const nowhere = path.join(folder, 'nowhere', 'out.json');
    expect(() => ensureWritable(nowhere, '--json')).toThrow(`--json: ${nowhere} cannot be written: ENOENT`);
    expect(() => ensureWritable(folder, '--lost')).toThrow(`--lost: ${folder} cannot be written: EISDIR`);
  });

  it('leaves what a file holds, and no file where there was none', () => {
    const [old, fresh] = [path.join(folder, 'old'), path.join(folder, 'fresh')];
    writeFileSync(old, 'kept');
    ensureWritable(old, '--json');
    ensureWritable(fresh, '--json');
    expect(readFileSync(old, 'utf8')).toBe('kept');
    expect(existsSync(fresh)).toBe(false);
  });
});
