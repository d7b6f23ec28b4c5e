import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPage } from './markdown.ts';
import type { Page } from './markdown.ts';

/** The workspace as the checks see it: paths are relative to its root. */
export interface Tree {
  readonly exists: (path: string) => boolean;
  readonly matches: (pattern: string) => boolean;
  readonly read: (path: string) => string;
  readonly page: (path: string) => Page;
}

/** A folder of this machine; every page is read once. */
export function treeOf(root: string): Tree {
  const pages = new Map<string, Page>();
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const page = (path: string): Page => {
    const known = pages.get(path) ?? readPage(read(path));
    pages.set(path, known);
    return known;
  };
  return {
    exists: (path) => existsSync(join(root, path)),
    matches: (pattern) => globSync(pattern, { cwd: root, exclude: ['**/node_modules'] }).length > 0,
    read,
    page,
  };
}
