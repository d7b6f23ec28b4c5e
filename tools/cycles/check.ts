// Shows that no files import each other in a circle, and that the folders of every source folder import each other one
// way. Exits 1 otherwise.
import { globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { workspaceRoot } from '../shell/workspace.ts';
import { findCycles, findFolderCycles } from './find-cycles.ts';

const files = globSync('{apps,dev,libs,tests,tools}/**/*.{ts,mjs}', {
  cwd: workspaceRoot,
  exclude: ['**/node_modules', '**/dist', 'libs/contracts/src/generated'],
}).map((file) => resolve(workspaceRoot, file));
const sourceFolders = globSync('{apps,dev,libs}/**/src', {
  cwd: workspaceRoot,
  exclude: ['**/node_modules', '**/dist'],
});

const shown = (cycle: readonly string[]): string =>
  cycle.map((path) => relative(workspaceRoot, path)).join(', ');
const shipped = files.filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'));
const problems = [
  ...findCycles(files).map((cycle) => `these files import each other in a circle: ${shown(cycle)}`),
  ...sourceFolders.flatMap((root) =>
    findFolderCycles(resolve(workspaceRoot, root), shipped).map(
      (cycle) => `these folders of ${root} import each other in a circle: ${cycle.join(', ')}`,
    ),
  ),
];
for (const problem of problems) console.error(problem);
console.log(`${files.length} files, ${sourceFolders.length} source folders, ${problems.length} cycles`);
process.exitCode = problems.length === 0 ? 0 : 1;
