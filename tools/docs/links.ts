import { dirname, join } from 'node:path/posix';
import type { Found } from './markdown.ts';
import type { Tree } from './tree.ts';

const external = /^[a-z][a-z0-9+.-]*:/i;
const topFolders = /^(?:apps|dev|libs|tests|tools|docs|proto|deploy|examples|\.github|\.ci|\.vscode)\//;
/** What stands for a name that the reader fills in, such as `<context>` or `NAME`. */
const placeholder = /[<>…]|\b(?:NAME|NUMBER|FILE|FOLDER|SERVICE|PROJECT)\b/;
const pageInCode = /\bdocs\/[\w./-]+\.md(#[\w-]+)?/g;
const decisionInCode = /\bdocs\/decisions\/(\d{4})(?![\w-])/g;

/** Why a link of a page leads nowhere; undefined when it leads somewhere or is not of this tree. */
function brokenLink(from: string, target: string, tree: Tree): string | undefined {
  if (target === '' || external.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : join(dirname(from), decodeURIComponent(path));
  if (!tree.exists(file)) return `no such file: ${target}`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return tree.page(file).anchors.has(anchor) ? undefined : `no such heading: ${target}`;
}

/** Why a text in backticks names no file, if it looks as if it named one. */
function missingFile(text: string, tree: Tree): string | undefined {
  const path = text.replace(/:\d+(?:-\d+)?$/, '').replace(/\/$/, '');
  if (!topFolders.test(path) || /\s/.test(path) || placeholder.test(path)) return undefined;
  const found = /[*{]/.test(path) ? tree.matches(path) : tree.exists(path);
  return found ? undefined : `no such file: \`${text}\``;
}

/** What is wrong with the links and the file names of a page, a line per problem: `page:line: problem`. */
export function problemsOfPage(path: string, tree: Tree): string[] {
  const { links, codes } = tree.page(path);
  const say = (problemOf: (text: string) => string | undefined) => (found: Found) => {
    const problem = problemOf(found.text);
    return problem === undefined ? [] : [`${path}:${found.line}: ${problem}`];
  };
  return [
    ...links.flatMap(say((target) => brokenLink(path, target, tree))),
    ...codes.flatMap(say((text) => missingFile(text, tree))),
  ];
}

/** What is wrong with the pages that a source file names, in comments, messages and help. */
export function problemsOfSource(
  path: string,
  text: string,
  decisions: ReadonlySet<string>,
  tree: Tree,
): string[] {
  const pages = [...text.matchAll(pageInCode)].flatMap(([target]) => {
    const problem = brokenLink('root', target.replace(/\.$/, ''), tree);
    return problem === undefined ? [] : [`${path}: ${problem}`];
  });
  const numbers = [...text.matchAll(decisionInCode)].flatMap(([, number = '']) =>
    decisions.has(number) ? [] : [`${path}: no such decision: ${number}`],
  );
  return [...pages, ...numbers];
}
