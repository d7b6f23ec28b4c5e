import { matchesGlob } from 'node:path';
import { readPage } from './markdown.ts';
import type { Tree } from './tree.ts';

/** A tree of these files, by their paths; folders exist by what lies in them. */
export function treeFrom(files: Readonly<Record<string, string>>): Tree {
  const paths = Object.keys(files);
  const read = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error(`no such file: ${path}`);
    return text;
  };
  return {
    exists: (path) => path in files || paths.some((file) => file.startsWith(`${path}/`)),
    matches: (pattern) => paths.some((path) => matchesGlob(path, pattern)),
    read,
    page: (path) => readPage(read(path)),
  };
}
