import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Environment } from './engine-types.ts';

/** The workspace that this file belongs to: the nearest folder above it that holds `deploy/engines`. */
export function workspaceFolder(): string {
  let folder: string = import.meta.dirname;
  while (!existsSync(join(folder, 'deploy/engines'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`No deploy/engines in any folder above ${import.meta.dirname}`);
    folder = parent;
  }
  return folder;
}

/** Where the templates of the engines are. */
export function templatesFolder(): string {
  return join(workspaceFolder(), 'deploy/engines');
}

/** Where engines keep their data by default: `.meridian/engines` of the workspace. */
export function defaultDataFolder(): string {
  return join(workspaceFolder(), '.meridian/engines');
}

/** The user's folder for downloads, shared by all workspaces: `$XDG_CACHE_HOME/meridian` or `~/.cache/meridian`. */
export function cacheFolder(environment: Environment): string {
  const base = environment.XDG_CACHE_HOME;
  return resolve(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'meridian');
}
