import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { workspaceFolder } from '@meridian/engines';

const run = promisify(execFile);
const OUTPUT_BYTES = 64 * 1_024 * 1_024;

/** A version of Meridian whose services can be run. */
export interface Version {
  /** What it is called in what is printed: `old` or `new`, and its commit. */
  readonly name: string;
  /** Its workspace; undefined for this one. */
  readonly workspace?: string;
}

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', [...args], { cwd: workspaceFolder(), maxBuffer: OUTPUT_BYTES });
  return stdout.trim();
}

/** A version that was checked out, so it has a workspace of its own. */
export type CheckedOut = Version & Required<Pick<Version, 'workspace'>>;

/**
 * Checks a commit out into a folder of its own and installs what it needs, by its own lockfile. The folder's path begins with
 * the given one, and the commit is the rest. What was made for the same commit before is used again. Rejects when the clone
 * does not hold the commit, and says how to get it.
 */
export async function checkOut(
  ref: string,
  folderPrefix = path.join(workspaceFolder(), '.meridian/upgrade/'),
): Promise<CheckedOut> {
  const commit = await git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`).catch(() => {
    throw new Error(`this clone has no commit ${ref}: fetch it (git fetch --unshallow), or name another`);
  });
  const folder = `${folderPrefix}${commit.slice(0, 12)}`;
  const version = { name: `old (${commit.slice(0, 7)})`, workspace: folder };
  if (existsSync(path.join(folder, 'node_modules/.package-lock.json'))) return version;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const archive = path.join(folder, 'source.tar');
  await git('archive', '--format=tar', `--output=${archive}`, commit);
  await run('tar', ['-xf', archive, '-C', folder]);
  await rm(archive);
  const install = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', install, { cwd: folder, maxBuffer: OUTPUT_BYTES });
  return version;
}
