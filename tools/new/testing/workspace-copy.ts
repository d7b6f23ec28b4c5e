import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { workspaceEnvironment, workspaceRoot } from '../../shell/workspace.ts';

/** How a command ended, and what it printed. */
export interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** A copy of this workspace, as it stands now, in a temporary folder. */
export interface WorkspaceCopy {
  readonly root: string;
  /** Runs a program of the copy in its root folder. */
  run(command: string, ...args: readonly string[]): Promise<Outcome>;
  /** Writes a JSON file into its root folder. */
  write(name: string, content: object): void;
  /** Reads a file of it. */
  read(path: string): string;
  remove(): void;
}

/** As much output is kept; a command that prints more is ended. */
const MOST_BYTES = 16 * 1024 * 1024;
const LEFT_OUT = new Set(['node_modules', '.git', '.nx', '.meridian', 'dist', 'test-reports']);

/** Makes one. Packages are linked, not copied; packages of the workspace are linked to the copy's own. */
export function copyWorkspace(): WorkspaceCopy {
  const root = mkdtempSync(join(tmpdir(), 'meridian-new-'));
  const isWanted = (path: string) => path === workspaceRoot || !LEFT_OUT.has(basename(path));
  cpSync(workspaceRoot, root, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    filter: isWanted,
  });
  linkPackages(root);
  return {
    root,
    run: (command, ...args) => runIn(root, command, args),
    write: (name, content) => writeFileSync(join(root, name), JSON.stringify(content)),
    read: (path) => readFileSync(join(root, path), 'utf8'),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function runIn(root: string, command: string, args: readonly string[]): Promise<Outcome> {
  // Without colours, so that a test can look for a text in what is printed.
  const env = { ...workspaceEnvironment(), NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: undefined };
  const options = { cwd: root, env, maxBuffer: MOST_BYTES };
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

function linkPackages(root: string): void {
  const from = join(workspaceRoot, 'node_modules');
  const to = join(root, 'node_modules');
  mkdirSync(join(to, '@meridian'), { recursive: true });
  for (const name of readdirSync(from))
    if (name !== '@meridian' && name !== '.vite') symlinkSync(join(from, name), join(to, name));
  // These links are relative, and so lead to the copy's own folders.
  for (const name of readdirSync(join(from, '@meridian')))
    symlinkSync(readlinkSync(join(from, '@meridian', name)), join(to, '@meridian', name));
}
