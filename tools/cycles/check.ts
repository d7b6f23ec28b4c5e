// Shows that no files import each other in a circle, but for those that known-cycles.ts names. Exits 1 otherwise.
import { globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { workspaceRoot } from '../shell/workspace.ts';
import { findCycles, problemsOf } from './find-cycles.ts';
import { KNOWN_CYCLES } from './known-cycles.ts';

const files = globSync('{apps,libs,tests,tools}/**/*.{ts,mjs}', {
  cwd: workspaceRoot,
  exclude: ['**/node_modules', '**/dist', 'libs/contracts/src/generated'],
});
const cycles = findCycles(files.map((file) => resolve(workspaceRoot, file))).map((cycle) =>
  cycle.map((file) => relative(workspaceRoot, file)),
);
const problems = problemsOf(cycles, KNOWN_CYCLES);
for (const problem of problems) console.error(problem);
console.log(
  `${files.length} files, ${cycles.length} cycles, ${problems.length} problems (${KNOWN_CYCLES.length} files are known to be in one)`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
