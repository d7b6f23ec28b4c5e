import GithubSlugger from 'github-slugger';

/** A piece of a page and the line where it stands, counted from 1. */
export interface Found {
  readonly text: string;
  readonly line: number;
}

/** What a page says that can be checked against the tree. */
export interface Page {
  /** Ids of headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  readonly headings: readonly Found[];
  /** Targets of links and images, as written. */
  readonly links: readonly Found[];
  /** Texts in backticks outside of code blocks. */
  readonly codes: readonly Found[];
}

const fence = /^\s*(?:>\s*)?(```|~~~)/;
const heading = /^(#{1,6})\s+(.+?)\s*#*$/;
const code = /`+([^`]+)`+/g;
const link = /\]\((<[^>]*>|[^()\s]*(?:\([^()]*\)[^()\s]*)*)(?:\s+"[^"]*")?\)/g;
const definition = /^\[[^\]]+\]:\s+(\S+)/;

/** A heading as it is shown: without emphasis, backticks and the targets of links. */
function shown(text: string): string {
  return text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
}

/** The lines outside of fenced code blocks; those inside are empty, so that line numbers stay. */
export function proseLines(text: string): string[] {
  let open: string | undefined;
  return text.split('\n').map((line) => {
    const mark = fence.exec(line)?.[1];
    if (mark === undefined) return open === undefined ? line : '';
    if (open === undefined) open = mark;
    else if (open === mark) open = undefined;
    return '';
  });
}

/** Reads a page of Markdown as far as its links, headings and texts in backticks go. */
export function readPage(text: string): Page {
  const slugger = new GithubSlugger();
  const anchors = new Set<string>();
  const headings: Found[] = [];
  const links: Found[] = [];
  const codes: Found[] = [];
  for (const [index, line] of proseLines(text).entries()) {
    const at = (value: string): Found => ({ text: value, line: index + 1 });
    const title = heading.exec(line)?.[2];
    if (title !== undefined) {
      headings.push(at(line));
      anchors.add(slugger.slug(shown(title)));
    }
    for (const [, target = ''] of line.matchAll(code)) codes.push(at(target));
    const withoutCode = line.replace(code, 'code');
    for (const [, target = ''] of withoutCode.matchAll(link)) links.push(at(target.replace(/^<|>$/g, '')));
    const defined = definition.exec(withoutCode)?.[1];
    if (defined !== undefined) links.push(at(defined));
  }
  return { anchors, headings, links, codes };
}
