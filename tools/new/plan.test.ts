import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPlan } from './plan.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'meridian-plan-'));
  writeFileSync(join(root, 'there.ts'), 'const a = 1;\n');
});
afterEach(() => rmSync(root, { recursive: true }));

const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

function planned() {
  const plan = createPlan(root);
  plan.create('node_modules/keep.ts', 'const  kept = 1');
  plan.create('new/folder/file.ts', 'const  b = "2"');
  plan.edit('there.ts', (text) => `${text}const  c = 3;\n`);
  plan.link('@x/new', 'new/folder');
  return plan;
}

describe('a plan', () => {
  it('writes nothing before it is applied, then all of it, formatted', async () => {
    const plan = planned();
    expect([existsSync(join(root, 'new')), textOf('there.ts')]).toEqual([false, 'const a = 1;\n']);
    expect([plan.created, plan.edited]).toEqual([
      ['node_modules/keep.ts', 'new/folder/file.ts'],
      ['there.ts'],
    ]);
    await plan.apply(() => undefined);
    expect(textOf('new/folder/file.ts')).toMatch(/^const b = ["']2["'];\n$/);
    expect(textOf('there.ts')).toBe('const a = 1;\nconst c = 3;\n');
    expect(textOf('node_modules/@x/new/file.ts')).toBe(textOf('new/folder/file.ts'));
    expect(readlinkSync(join(root, 'node_modules/@x/new')).startsWith('/')).toBe(false);
  });

  it('leaves everything as it was when the last step fails', async () => {
    const plan = createPlan(root);
    plan.create('new/folder/file.ts', 'const b = 2;');
    plan.edit('there.ts', () => 'const other = 1;\n');
    const failing = plan.apply(() => {
      expect(existsSync(join(root, 'new/folder/file.ts'))).toBe(true);
      throw new Error('proto/ is broken');
    });
    await expect(failing).rejects.toThrow('proto/ is broken');
    expect([existsSync(join(root, 'new')), textOf('there.ts')]).toEqual([false, 'const a = 1;\n']);
  });

  it('writes no file when one of them cannot be formatted', async () => {
    const plan = planned();
    plan.create('broken.ts', 'const = ;');
    await expect(plan.apply(() => undefined)).rejects.toThrow();
    expect([existsSync(join(root, 'new')), textOf('there.ts')]).toEqual([false, 'const a = 1;\n']);
  });

  it('refuses a file that exists, on the disk or in the plan, and an edit of none', () => {
    const plan = planned();
    expect(() => plan.create('there.ts', '')).toThrow('there.ts exists already');
    expect(() => plan.create('new/folder/file.ts', '')).toThrow('exists already');
    expect(() => plan.edit('missing.ts', () => '')).toThrow('missing.ts is not there');
  });

  it('edits a file that it plans', () => {
    const plan = planned();
    plan.edit('new/folder/file.ts', (text) => `${text}!`);
    expect([plan.read('new/folder/file.ts'), plan.edited]).toEqual(['const  b = "2"!', ['there.ts']]);
  });
});
