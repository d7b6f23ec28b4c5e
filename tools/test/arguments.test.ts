import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';

describe('the commands of this workspace', () => {
  it.each(['check', 'dev', 'new', 'test'])(
    'end with 2 for an argument that does not exist, and say which: npm run %s',
    (name) => {
      const program = join(workspaceRoot, 'tools', name, 'run.ts');
      const ended = spawnSync(process.execPath, [program, '--no-such-thing'], { encoding: 'utf8' });
      expect(ended).toMatchObject({ status: 2, stderr: expect.stringContaining('--no-such-thing') });
      expect(ended.stderr, 'and nothing of its own code').not.toContain('run.ts');
    },
  );

  it('read their command lines by what ends them with 2, also those that take long to load', () => {
    const parsing = globSync('tools/**/*.ts', { cwd: workspaceRoot }).filter((path) =>
      /import .*\bparseArgs\b/.test(readFileSync(join(workspaceRoot, path), 'utf8')),
    );
    // The generator ends with 2 as well, and says that nothing was written.
    expect(parsing.sort()).toEqual(['tools/new/planned.ts', 'tools/shell/arguments.ts']);
  });
});
