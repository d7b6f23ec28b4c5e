import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';
import { filesBeside } from './files-beside.ts';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'meridian-files-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const source = join(workspaceRoot, 'libs/write-store/src/index.ts');
const transformed = (code: string, id = source) => filesBeside(out).transform(code, id)?.code;

it('takes a folder along that a source reads, and points the source to it', () => {
  expect(transformed("read(new URL('../migrations', import.meta.url));")).toBe(
    "read(new URL('./files/write-store/migrations', import.meta.url));",
  );
  expect(readdirSync(join(out, 'files/write-store/migrations'))).toContain('001.do.state.sql');
});

it('refuses a file that is not there', () => {
  expect(() => transformed("new URL('../nothing', import.meta.url)")).toThrow(/reads \.\.\/nothing/);
});

it('refuses a source that loads a module by a name made at run time', () => {
  expect(() => transformed('createRequire(import.meta.url)(name)')).toThrow(/import it by name/);
});

it('leaves packages of others as they are', () => {
  const foreign = join(workspaceRoot, 'node_modules/a/index.js');
  expect(transformed('createRequire(import.meta.url)(name)', foreign)).toBeUndefined();
});
