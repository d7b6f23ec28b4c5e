import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { workspaceRoot } from '../shell/workspace.ts';

/** One program of Meridian that has an image of its own. */
export interface Part {
  /** Such as `query-service`, `projector-orders`, `cli`. */
  readonly name: string;
  /** Its main file, from the workspace's folder. */
  readonly main: string;
  /** The image's name, without a tag. */
  readonly image: string;
}

const PROJECTORS = 'apps/projectors';
/** All projectors in one process: for one machine. A cluster scales each by itself. */
const ALL_PROJECTORS = `${PROJECTORS}/all`;

function nameOf(folder: string): string {
  return dirname(folder) === PROJECTORS ? `projector-${basename(folder)}` : basename(folder);
}

/** Every program of the workspace that a cluster runs, by name: each folder of apps/ and of apps/projectors/ that has a main file. */
export function imageParts(): readonly Part[] {
  return globSync(['apps/*', `${PROJECTORS}/*`], { cwd: workspaceRoot })
    .filter((folder) => folder !== ALL_PROJECTORS && existsSync(join(workspaceRoot, folder, 'src/main.ts')))
    .map((folder) => ({
      name: nameOf(folder),
      main: join(folder, 'src/main.ts'),
      image: `meridian/${nameOf(folder)}`,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The programs of these names; all when none is named. Throws an error that names all of them. */
export function namedParts(names: readonly string[], all = imageParts()): readonly Part[] {
  const unknown = names.filter((name) => !all.some((part) => part.name === name));
  if (unknown.length > 0)
    throw new Error(`no program ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}
