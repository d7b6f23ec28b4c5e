import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** `import '…'`, `import … from '…'` and `export … from '…'`, over several lines as well. */
const RELATIVE_IMPORT = /^(?:import|(?:import|export)\s[^;'"]*?\sfrom) '(\.[^']+)'/gm;

function importsOf(file: string): readonly string[] {
  const found = readFileSync(file, 'utf8').matchAll(RELATIVE_IMPORT);
  return [...found].map(([, path = '']) => resolve(dirname(file), path)).filter((path) => existsSync(path));
}

/** The files that import each other in a circle, directly or through others. */
export type Cycle = readonly string[];

/**
 * All cycles among files, each sorted, with absolute paths. Imports of types count. Imports of packages do not: nx refuses circles
 * between projects. By Tarjan's algorithm for strongly connected components, so that each file is read once.
 */
export function findCycles(files: readonly string[]): readonly Cycle[] {
  const wanted = new Set(files.map((file) => resolve(file)));
  const order = new Map<string, number>();
  const path: string[] = [];
  const onPath = new Set<string>();
  const cycles: Cycle[] = [];

  /** Answers with the earliest file of the path that can be reached from this one. */
  function visit(file: string): number {
    const own = order.size;
    order.set(file, own);
    path.push(file);
    onPath.add(file);
    const imports = importsOf(file).filter((next) => wanted.has(next));
    let earliest = own;
    for (const next of imports) {
      const known = order.get(next);
      if (known === undefined) earliest = Math.min(earliest, visit(next));
      else if (onPath.has(next)) earliest = Math.min(earliest, known);
    }
    if (earliest === own) {
      const members = path.splice(path.indexOf(file));
      for (const member of members) onPath.delete(member);
      if (members.length > 1 || imports.includes(file)) cycles.push(members.sort());
    }
    return earliest;
  }

  for (const file of wanted) if (!order.has(file)) visit(file);
  return cycles;
}

/** What is wrong with the cycles found, given the files that are known to be in one. Empty when nothing is. */
export function problemsOf(cycles: readonly Cycle[], known: readonly string[]): readonly string[] {
  const inCycle = new Set(cycles.flat());
  return [
    ...cycles
      .filter((cycle) => cycle.some((file) => !known.includes(file)))
      .map((cycle) => `these files import each other in a circle: ${cycle.join(', ')}`),
    ...known
      .filter((file) => !inCycle.has(file))
      .map((file) => `${file} is in no cycle any more: take it out of tools/cycles/known-cycles.ts`),
  ];
}
