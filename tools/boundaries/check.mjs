// Shows that the module boundaries hold, by linting the fixtures. Every import under a `// refused: <ids>` line must be
// reported with exactly those message ids, and every other line with none. Exits 1 otherwise. The rule is silent
// without a project graph, so the graph is made first.
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { createProjectGraphAsync } from '@nx/devkit';
import { ESLint } from 'eslint';

const workspaceRoot = resolve(import.meta.dirname, '../..');
const fixtures = resolve(import.meta.dirname, 'fixtures');
const boundaryRules = new Set(['@nx/enforce-module-boundaries', 'no-restricted-imports']);

/** The refusals that a fixture asks for, as `line: ids in order` strings; the line is that of the import. */
function expectedOf(source) {
  const lines = source.split('\n');
  return lines.flatMap((line, index) => {
    const ids = /^\/\/ refused: ([A-Za-z ]+?)(?: \(.*\))?$/.exec(line)?.[1];
    return ids === undefined ? [] : [`${index + 2}: ${ids.split(' ').sort().join(' ')}`];
  });
}

function reportedOf(messages) {
  const idsByLine = new Map();
  for (const { line, messageId, ruleId, message } of messages) {
    const id = boundaryRules.has(ruleId) ? messageId : `${ruleId ?? 'parsing'} ${message}`;
    idsByLine.set(line, [...(idsByLine.get(line) ?? []), id]);
  }
  return [...idsByLine].map(([line, ids]) => `${line}: ${ids.sort().join(' ')}`);
}

async function mismatchesOf({ filePath, messages }) {
  const expected = expectedOf(await readFile(filePath, 'utf8'));
  const reported = reportedOf(messages);
  const name = relative(workspaceRoot, filePath);
  return {
    refused: expected.length,
    mismatches: [
      ...expected.filter((one) => !reported.includes(one)).map((one) => `${name}:${one} was not reported`),
      ...reported.filter((one) => !expected.includes(one)).map((one) => `${name}:${one} was reported`),
    ],
  };
}

process.chdir(workspaceRoot);
await createProjectGraphAsync({ exitOnError: false });
const eslint = new ESLint({ cwd: workspaceRoot, ignore: false });
const results = await Promise.all((await eslint.lintFiles([`${fixtures}/**/*.ts`])).map(mismatchesOf));
const mismatches = results.flatMap((result) => result.mismatches);
const refused = results.reduce((sum, result) => sum + result.refused, 0);
for (const mismatch of mismatches) console.error(mismatch);
if (mismatches.length > 0 || refused === 0) {
  console.error(
    `The module boundaries do not hold: ${mismatches.length} differences in ${results.length} fixtures.`,
  );
  process.exit(1);
}
console.log(`Module boundaries: ${refused} imports refused as expected in ${results.length} fixtures.`);
process.exit(0);
