import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';

/** `import '…'`, `import … from '…'` and `export … from '…'`, over several lines as well. */
const RELATIVE_IMPORT = /^(?:import|(?:import|export)\s[^;'"]*?\sfrom) '(\.[^']+)'/gm;

function importsOf(file: string): readonly string[] {
  const found = readFileSync(file, 'utf8').matchAll(RELATIVE_IMPORT);
  return [...found].map(([, path = '']) => resolve(dirname(file), path)).filter((path) => existsSync(path));
}

/** Files, or folders, that import each other in a circle, directly or through others. */
export type Cycle = readonly string[];

type Imports = ReadonlyMap<string, readonly string[]>;

/** What each file imports of the others. Imports of packages are left out: nx refuses circles between projects. */
function importsAmong(files: readonly string[]): Imports {
  const wanted = new Set(files.map((file) => resolve(file)));
  return new Map([...wanted].map((file) => [file, importsOf(file).filter((next) => wanted.has(next))]));
}

/** All cycles, each sorted, by Tarjan's algorithm for strongly connected components. */
function cyclesIn(imports: Imports): readonly Cycle[] {
  const order = new Map<string, number>();
  const path: string[] = [];
  const onPath = new Set<string>();
  const cycles: Cycle[] = [];

  /** Answers with the earliest member of the path that can be reached from this one. */
  function visit(one: string): number {
    const own = order.size;
    order.set(one, own);
    path.push(one);
    onPath.add(one);
    const nexts = imports.get(one) ?? [];
    let earliest = own;
    for (const next of nexts) {
      const known = order.get(next);
      if (known === undefined) earliest = Math.min(earliest, visit(next));
      else if (onPath.has(next)) earliest = Math.min(earliest, known);
    }
    if (earliest === own) {
      const members = path.splice(path.indexOf(one));
      for (const member of members) onPath.delete(member);
      if (members.length > 1 || nexts.includes(one)) cycles.push(members.sort());
    }
    return earliest;
  }

  for (const one of imports.keys()) if (!order.has(one)) visit(one);
  return cycles;
}

/** All cycles among files, with absolute paths. Imports of types count. */
export function findCycles(files: readonly string[]): readonly Cycle[] {
  return cyclesIn(importsAmong(files));
}

/** All cycles among the folders that stand in `root`. Files of `root` itself belong to no folder. */
export function findFolderCycles(root: string, files: readonly string[]): readonly Cycle[] {
  const folderOf = (file: string) => {
    const [folder, ...rest] = relative(root, file).split(sep);
    return folder !== undefined && folder !== '..' && rest.length > 0 ? folder : undefined;
  };
  const folders = new Map<string, Set<string>>();
  for (const [file, imports] of importsAmong(files)) {
    const own = folderOf(file);
    if (own === undefined) continue;
    const others = folders.get(own) ?? new Set();
    for (const next of imports.map(folderOf)) if (next !== undefined && next !== own) others.add(next);
    folders.set(own, others);
  }
  return cyclesIn(new Map([...folders].map(([folder, others]) => [folder, [...others]])));
}
