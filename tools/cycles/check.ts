// Shows that no files import each other in a circle, except for those that known-cycles.ts names. That file also names
// parts; their folders must import one way. Exits 1 otherwise.
import { globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { workspaceRoot } from '../shell/workspace.ts';
import { findCycles, findFolderCycles, problemsOf } from './find-cycles.ts';
import { KNOWN_CYCLES, ONE_WAY } from './known-cycles.ts';

const files = globSync('{apps,dev,libs,tests,tools}/**/*.{ts,mjs}', {
  cwd: workspaceRoot,
  exclude: ['**/node_modules', '**/dist', 'libs/contracts/src/generated'],
}).map((file) => resolve(workspaceRoot, file));

const cycles = findCycles(files).map((cycle) => cycle.map((file) => relative(workspaceRoot, file)));
const shipped = files.filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'));
const folderProblems = ONE_WAY.flatMap((root) =>
  findFolderCycles(resolve(workspaceRoot, root), shipped).map(
    (cycle) => `these folders of ${root} import each other in a circle: ${cycle.join(', ')}`,
  ),
);
const problems = [...problemsOf(cycles, KNOWN_CYCLES), ...folderProblems];
for (const problem of problems) console.error(problem);
console.log(
  `${files.length} files, ${cycles.length} cycles (${KNOWN_CYCLES.length} files are known to be in one), ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
