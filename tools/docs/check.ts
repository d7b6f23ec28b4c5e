// `npm run check -- docs`: links and headings that pages point to exist. So do the files that pages name, and the pages
// that sources name. Decisions have one form and stand in their index. Every variable of a configuration is documented,
// and every reason of an error that a service gives.
// The way of an order names files and functions that exist, and is no longer than it was.
// No sentence of a page or a comment has more than 25 words; only the CHANGELOG may have longer ones.
// The tables of the threat model and of ASVS name files and tests that exist.
import { globSync } from 'node:fs';
import { workspaceRoot } from '../shell/workspace.ts';
import { DECISIONS_FOLDER, problemsOfDecisions } from './decisions.ts';
import { EVIDENCE_PAGES, problemsOfEvidence } from './evidence.ts';
import { problemsOfPage, problemsOfSource } from './links.ts';
import { REASON_PAGES, REASON_SOURCES, undocumentedReasons } from './reasons.ts';
import { longSentencesOfPage, longSentencesOfSource } from './sentences.ts';
import { treeOf } from './tree.ts';
import { REFERENCE, undocumentedVariables } from './variables.ts';
import { problemsOfWay } from './way.ts';

const exclude = ['**/node_modules', '**/dist', '**/.nx', '**/.meridian', '**/generated'];
const find = (...patterns: readonly string[]): string[] =>
  globSync(patterns, { cwd: workspaceRoot, exclude }).sort();

/** Tests of these checks name pages that exist in the test only. */
const isOwnTest = (path: string): boolean => path.startsWith('tools/docs/') && path.endsWith('.test.ts');

const tree = treeOf(workspaceRoot);
const pages = find('*.md', '.github/**/*.md', '{docs,deploy,examples,apps,dev,libs,tests,tools}/**/*.md');
const decisions = find(`${DECISIONS_FOLDER}/[0-9]*.md`).map((path) =>
  path.slice(DECISIONS_FOLDER.length + 1),
);
const numbers = new Set(decisions.map((file) => file.slice(0, 4)));
const sources = find('{apps,dev,libs,tests,tools}/**/*.{ts,mjs}', 'proto/**/*.proto', '*.mjs').filter(
  (path) => !isOwnTest(path),
);
const templates = find('tools/**/*.tpl');
const reasonSources = find(REASON_SOURCES).filter((path) => !path.includes('/testing/'));
const reasonPages = REASON_PAGES.map((page) => tree.read(page));
const configurations = find('{apps,dev,libs}/**/src/{config,*-config}.ts');

const problems = [
  ...pages.flatMap((page) => problemsOfPage(page, tree)),
  ...problemsOfDecisions(decisions, tree),
  ...problemsOfWay(tree),
  ...EVIDENCE_PAGES.flatMap((page) => problemsOfEvidence(page, tree)),
  ...sources.flatMap((source) => problemsOfSource(source, tree.read(source), numbers, tree)),
  ...pages
    .filter((page) => page !== 'CHANGELOG.md')
    .flatMap((page) => longSentencesOfPage(page, tree.read(page))),
  ...[...sources, ...templates].flatMap((source) => longSentencesOfSource(source, tree.read(source))),
  ...configurations.flatMap((path) => undocumentedVariables(path, tree.read(path), tree.read(REFERENCE))),
  ...reasonSources.flatMap((path) => undocumentedReasons(path, tree.read(path), reasonPages)),
];
for (const problem of problems) console.error(problem);
console.log(`${pages.length} pages checked, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
