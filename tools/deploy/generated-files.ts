import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '../shell/workspace.ts';

/** A file that is not as its generator would write it. */
export interface StaleFile {
  readonly name: string;
  readonly why: 'is missing' | 'is out of date' | 'belongs to no plan';
}

/** What differs between the files of a folder and those that belong there, by name. */
export function staleFiles(
  present: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
): StaleFile[] {
  const names = [...new Set([...present.keys(), ...fresh.keys()])].sort();
  return names.flatMap((name): StaleFile[] => {
    const [there, wanted] = [present.get(name), fresh.get(name)];
    if (there === wanted) return [];
    if (wanted === undefined) return [{ name, why: 'belongs to no plan' }];
    return [{ name, why: there === undefined ? 'is missing' : 'is out of date' }];
  });
}

/** Files that a program writes. */
export interface GeneratedFiles {
  /** How the program is run. */
  readonly command: string;
  /** Their folder in the workspace, which exists. */
  readonly folder: string;
  /** Their texts, by name below the folder. */
  readonly fresh: ReadonlyMap<string, string>;
  /** Further files that would be the program's, if there are any: these belong to no plan. */
  readonly others?: readonly string[];
}

/**
 * Writes the files that are stale, and removes those that belong to no plan. With `--check` in the arguments of the process,
 * writes nothing, and has the process fail when there is one.
 */
export function writeOrCheck({ command, folder, fresh, others = [] }: GeneratedFiles): void {
  const pathOf = (name: string) => join(workspaceRoot, folder, name);
  const present = new Map(
    [...fresh.keys(), ...others]
      .filter((name) => existsSync(pathOf(name)))
      .map((name) => [name, readFileSync(pathOf(name), 'utf8')]),
  );
  const stale = staleFiles(present, fresh);
  const isCheck = process.argv.includes('--check');
  for (const { name, why } of stale) {
    const text = fresh.get(name);
    if (isCheck) console.error(`${folder}/${name} ${why}: run ${command}`);
    else if (text === undefined) rmSync(pathOf(name));
    else writeFileSync(pathOf(name), text);
  }
  console.log(
    `${fresh.size} files in ${folder}, ${stale.length} ${isCheck ? 'to write or remove' : 'changed'}`,
  );
  if (isCheck && stale.length > 0) process.exitCode = 1;
}
