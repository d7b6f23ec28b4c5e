import { cpSync, existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { workspaceRoot } from '../shell/workspace.ts';

/** The part of a bundler's plugin that is used here. */
export interface TransformPlugin {
  readonly name: string;
  transform(code: string, id: string): { code: string } | undefined;
}

const BESIDE_SOURCE = /new URL\('([^']+)', import\.meta\.url\)/g;

/**
 * Takes along what a program reads from the disk: `new URL('PATH', import.meta.url)` of a source of this workspace. The folder or
 * file is copied to `files/` of the bundle, and the bundle reads it there. A source that loads a module by a name made at run time
 * fails the bundle, since that module would be left out.
 */
export function filesBeside(outFolder: string): TransformPlugin {
  return {
    name: 'files-beside',
    transform(code, id) {
      if (!code.includes('import.meta.url') || !isAbsolute(id)) return undefined;
      const source = relative(workspaceRoot, id);
      if (source.startsWith('..') || source.includes('node_modules')) return undefined;
      if (code.includes('createRequire'))
        throw new Error(`${source} loads a module by a name that a bundle cannot know: import it by name`);
      const moved = code.replace(BESIDE_SOURCE, (_all, path: string) => {
        const from = resolve(dirname(id), path);
        if (!existsSync(from)) throw new Error(`${source} reads ${path}, which is not there`);
        const to = placeOf(from);
        cpSync(from, join(outFolder, to), { recursive: true });
        return `new URL('./${to}', import.meta.url)`;
      });
      return { code: moved };
    },
  };
}

/** `libs/write-store/migrations` goes to `files/write-store/migrations`: two libraries may have a folder of one name. */
function placeOf(from: string): string {
  const library = basename(dirname(from));
  return ['files', library, basename(from)].join('/').replaceAll(sep, '/');
}
