// Checks proto/: its format, buf's lint, and that nothing breaks what main holds. On main itself, with nothing changed,
// the comparison is with the commit before. Without anything to compare with (no commit yet, no proto/ in it, or no
// clone), the check says so and passes.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outputOf, runCommand } from '../shell/run.ts';
import { workspaceRoot } from '../shell/workspace.ts';

const maxArchiveBytes = 64 * 1024 * 1024;

function gitOutput(...args: string[]): string | undefined {
  try {
    return outputOf('git', args);
  } catch {
    return undefined;
  }
}

const commitOf = (name: string): string | undefined =>
  gitOutput('rev-parse', '--verify', '--quiet', `${name}^{commit}`);
const holdsProto = (commit: string): boolean => gitOutput('cat-file', '-e', `${commit}:proto`) !== undefined;

/** The commit to compare with: main's, or the one before where the working tree's proto/ is main's own. */
function baseCommit(): string | undefined {
  const main = commitOf('main') ?? commitOf('origin/main') ?? commitOf('HEAD');
  if (main === undefined || !holdsProto(main)) return undefined;
  const unchanged = gitOutput('diff', '--quiet', main, '--', 'proto') !== undefined;
  const before = unchanged ? commitOf(`${main}~1`) : undefined;
  return before !== undefined && holdsProto(before) ? before : main;
}

async function breaksNothing(): Promise<boolean> {
  const base = baseCommit();
  if (base === undefined) {
    console.log('buf breaking: main has no proto/ to compare with.');
    return true;
  }
  const folder = await mkdtemp(join(tmpdir(), 'meridian-proto-'));
  try {
    const archive = execFileSync('git', ['archive', base, 'proto'], {
      cwd: workspaceRoot,
      maxBuffer: maxArchiveBytes,
    });
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    console.log(`buf breaking against ${base.slice(0, 12)}`);
    return (await runCommand('buf', ['breaking', 'proto', '--against', join(folder, 'proto')])) === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const formatted = (await runCommand('buf', ['format', '--diff', '--exit-code', 'proto'])) === 0;
const linted = (await runCommand('buf', ['lint'])) === 0;
const compatible = await breaksNothing();
process.exitCode = formatted && linted && compatible ? 0 : 1;
