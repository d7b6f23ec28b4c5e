import type { Tree } from './tree.ts';

/** The pages whose tables say what shows each of their claims. */
export const EVIDENCE_PAGES: readonly string[] = ['docs/threat-model.md', 'docs/asvs.md'];

const source = /^[\w@.-]+(?:\/[\w@.-]+)+\.(?:ts|mjs|yaml|proto|sql|cnf|properties|md)$/;
const code = /`([^`]+)`/g;
const row = /^\|(?!\s*-)(.*)\|\s*$/;
/** A requirement that is met, or something that nobody can do: a cell of its own. */
const claim = /\|\s*(met|cannot)\s*\|/;

/**
 * What is wrong with what a page names to show its claims, a line per problem. A table names a file as `path`, or a test as
 * `path: title`. The file has to exist, and hold the title in quotes. A row that says `met` or `cannot` has to name
 * one at least.
 */
export function problemsOfEvidence(page: string, tree: Tree): string[] {
  return tree
    .read(page)
    .split('\n')
    .flatMap((line, index) => {
      if (!row.test(line)) return [];
      const named = [...line.matchAll(code)].flatMap(([, text = '']) => evidenceIn(text));
      const problems = named.flatMap((one) => problemOf(one, tree));
      const claimed = claim.exec(line)?.[1];
      if (claimed !== undefined && named.length === 0)
        problems.push(`says "${claimed}" and names no file or test that shows it`);
      return problems.map((problem) => `${page}:${index + 1}: ${problem}`);
    });
}

interface Evidence {
  readonly path: string;
  readonly title: string | undefined;
}

/** The file or test that a text in backticks names; none for any other text. */
function evidenceIn(text: string): readonly Evidence[] {
  const [path = '', ...rest] = text.split(': ');
  if (!source.test(path)) return [];
  return [{ path, title: rest.length > 0 ? rest.join(': ') : undefined }];
}

function problemOf({ path, title }: Evidence, tree: Tree): readonly string[] {
  if (!tree.exists(path)) return [`no such file: ${path}`];
  if (title === undefined) return [];
  const text = tree.read(path);
  const isThere = ["'", '"', '`'].some((quote) => text.includes(`${quote}${title}${quote}`));
  return isThere ? [] : [`no such test in ${path}: ${title}`];
}
