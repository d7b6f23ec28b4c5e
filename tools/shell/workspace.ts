import { delimiter, resolve } from 'node:path';

/** The root folder of the workspace. */
export const workspaceRoot = resolve(import.meta.dirname, '../..');

/** An environment in which the workspace's own Node and tools come first, whatever the caller's PATH says. */
export function workspaceEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = ['node_modules/node/bin', 'node_modules/.bin'].map((folder) => resolve(workspaceRoot, folder));
  const path = [...own, process.env['PATH'] ?? ''].join(delimiter);
  return { ...process.env, PATH: path, NX_DAEMON: 'false', NX_TUI: 'false', ...more };
}
