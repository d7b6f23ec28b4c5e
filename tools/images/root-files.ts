import { lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const SHELLS = /(^|\/)(sh|bash|dash|ash|zsh|ksh|busybox)$/;

/** Every file and folder of a root, with what changes when somebody writes: `path` by size, mode, owner and time. */
export function filesOf(root: string): ReadonlyMap<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    paths.map((path) => {
      const { size, mode, uid, gid, mtimeMs } = lstatSync(path);
      return [relative(root, path), [size, mode, uid, gid, mtimeMs].join(' ')];
    }),
  );
}

/** The bytes of all files of a root. */
export function bytesOf(root: string): number {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0);
}

/** The shells among files. */
export function shellsAmong(files: Iterable<string>): readonly string[] {
  return [...files].filter((path) => SHELLS.test(path));
}

/** What differs between two looks at the same root, by path. */
export function changesBetween(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  return paths.filter((path) => before.get(path) !== after.get(path)).sort();
}
