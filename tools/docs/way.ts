import ts from 'typescript';
import type { Tree } from './tree.ts';

/** The page that follows an order through the code, file by file. */
export const WAY_PAGE = 'docs/way-of-an-order.md';

/** What the way may have at most. Lower these when the way gets shorter; they never rise. */
export const WAY_LIMITS: Limits = { stays: 114, returns: 13 };

/** Files that put the parts together: what they name may be called by what was put together. */
const WIRING = [
  'libs/rpc/src/server.ts',
  'apps/command-service/src/compose.ts',
  'apps/query-service/src/compose.ts',
  'apps/query-service/src/copies.ts',
  'libs/projector/src/run/engine.ts',
];

interface Limits {
  readonly stays: number;
  readonly returns: number;
}

/** One row of a leg's table. */
interface Stay {
  readonly line: number;
  readonly number: number;
  readonly file: string;
  readonly functions: readonly string[];
  /** Code from outside calls it: grpc-js, kafkajs or a timer. */
  readonly isEntry: boolean;
}

interface Leg {
  readonly name: string;
  readonly stays: readonly Stay[];
}

interface Counts extends Limits {
  readonly files: number;
}

const legHeading = /^## (Leg \d+)\b/;
const otherHeading = /^## /;
const stayRow = /^\|\s*(\d+)\s*\|\s*`([^`]+)`\s*\|([^|]*)\|([^|]*)\|\s*$/;
const countRow = /^\|\s*(Leg \d+|All)[^|]*\|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*$/;

/**
 * What is wrong with the way:
 *
 * - a file that does not exist, or does not declare a function that a row names
 * - a row that nothing before it calls, or two rows of one stay
 * - counts that are not those of the rows
 * - more stays or returns than the limits allow
 */
export function problemsOfWay(tree: Tree, limits: Limits = WAY_LIMITS): string[] {
  const text = tree.read(WAY_PAGE);
  const legs = legsOf(text);
  const counts = new Map(legs.map((leg) => [leg.name, countsOf(leg.stays)]));
  const all = totalOf(legs, [...counts.values()]);
  return [
    ...(legs.length === 0 ? [`${WAY_PAGE}: no leg: a leg is a heading "## Leg 1: …" with a table`] : []),
    ...legs.flatMap((leg) => problemsOfRows(leg)),
    ...problemsOfCode(legs, tree),
    ...problemsOfCounts(text, counts.set('All', all)),
    ...(all.stays > limits.stays ? [`${WAY_PAGE}: ${all.stays} stays; at most ${limits.stays}`] : []),
    ...(all.returns > limits.returns
      ? [`${WAY_PAGE}: ${all.returns} returns; at most ${limits.returns}`]
      : []),
  ];
}

function legsOf(text: string): Leg[] {
  const legs: { name: string; stays: Stay[] }[] = [];
  let current: { name: string; stays: Stay[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const name = legHeading.exec(line)?.[1];
    if (name) legs.push((current = { name, stays: [] }));
    else if (otherHeading.test(line)) current = undefined;
    const row = current && stayRow.exec(line);
    if (!current || !row) continue;
    const [, number = '', file = '', functions = '', what = ''] = row;
    const names = [...functions.matchAll(/`([^`]+)`/g)].map(([, found = '']) => found);
    const isEntry = what.includes('**entry**');
    current.stays.push({ line: index + 1, number: Number(number), file, functions: names, isEntry });
  }
  return legs;
}

function countsOf(stays: readonly Stay[]): Counts {
  const files = new Set(stays.map(({ file }) => file)).size;
  return { stays: stays.length, files, returns: stays.length - files };
}

/** Returns are counted in each leg by itself; a file of two legs is one file. */
function totalOf(legs: readonly Leg[], counts: readonly Counts[]): Counts {
  const stays = legs.flatMap((leg) => leg.stays);
  const returns = counts.reduce((sum, leg) => sum + leg.returns, 0);
  return { ...countsOf(stays), returns };
}

function problemsOfRows({ name, stays }: Leg): string[] {
  return stays.flatMap(({ line, number, file, functions }, index) => [
    ...(number === index + 1 ? [] : [`${WAY_PAGE}:${line}: ${name} row ${number} should be ${index + 1}`]),
    ...(functions.length > 0 ? [] : [`${WAY_PAGE}:${line}: no function named`]),
    ...(file === stays[index - 1]?.file ? [`${WAY_PAGE}:${line}: the same stay as the row before`] : []),
  ]);
}

function problemsOfCode(legs: readonly Leg[], tree: Tree): string[] {
  /** Every word of the files that were entered so far, and of the wiring. */
  const before = new Set(WIRING.filter(tree.exists).flatMap((path) => wordsOf(tree.read(path))));
  return legs.flatMap(({ stays }) =>
    stays.flatMap(({ line, file, functions, isEntry }) => {
      const at = `${WAY_PAGE}:${line}`;
      if (!tree.exists(file)) return [`${at}: no such file: ${file}`];
      const text = tree.read(file);
      const declared = declaredIn(file, text);
      const missing = functions.filter((name) => !declared.has(name));
      const isCalled = isEntry || functions.some((name) => before.has(name));
      for (const word of wordsOf(text)) before.add(word);
      return [
        ...missing.map((name) => `${at}: ${file} declares no ${name}`),
        ...(isCalled ? [] : [`${at}: no file before names ${functions.join(' or ')}`]),
      ];
    }),
  );
}

const wordsOf = (text: string): readonly string[] => text.match(/#?\w+/g) ?? [];

/** The names of what a source declares: functions, classes, methods, constants and properties of objects. */
function declaredIn(path: string, text: string): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const isDeclared =
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isMethodDeclaration(node) ||
      ts.isVariableDeclaration(node) ||
      ts.isPropertyAssignment(node) ||
      ts.isGetAccessorDeclaration(node);
    if (isDeclared && node.name && (ts.isIdentifier(node.name) || ts.isPrivateIdentifier(node.name)))
      names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
  return names;
}

function problemsOfCounts(text: string, counts: ReadonlyMap<string, Counts>): string[] {
  const said = new Map(
    text.split('\n').flatMap((line) => {
      const [, name, stays, files, returns] = countRow.exec(line) ?? [];
      return name ? [[name, [stays, files, returns].join(' / ')] as const] : [];
    }),
  );
  return [...counts].flatMap(([name, { stays, files, returns }]) => {
    const found = [stays, files, returns].join(' / ');
    if (said.get(name) === found) return [];
    return [
      `${WAY_PAGE}: ${name} has ${found} stays, files and returns; the page says ${said.get(name) ?? 'nothing'}`,
    ];
  });
}
