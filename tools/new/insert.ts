import { NewProblem } from './problem.ts';

/**
 * The text with something added before the first place that matches after an anchor. Throws NewProblem when one of the two is not
 * there: the file has changed in a way that the generator has to follow.
 */
export function insertAfter(text: string, anchor: RegExp, before: RegExp, added: string): string {
  const start = anchor.exec(text);
  const rest = start ? text.slice(start.index + start[0].length) : '';
  const end = before.exec(rest);
  if (!start || !end)
    throw new NewProblem(`the place to add to is not found: neither ${anchor.source} nor ${before.source}`);
  const at = start.index + start[0].length + end.index;
  return `${text.slice(0, at)}${added}${text.slice(at)}`;
}

interface Import {
  readonly at: number;
  readonly end: number;
  readonly source: string;
}

function importsIn(text: string): Import[] {
  return [...text.matchAll(/^(?:import|export) [^;]*?from '([^']+)';\n/gm)].map((match) => ({
    at: match.index,
    end: match.index + match[0].length,
    source: match[1] ?? '',
  }));
}

/** Packages stand before files. */
const rank = (source: string): string => `${source.startsWith('.') ? 1 : 0}${source}`;

/** Adds an import (or a re-export) of a source at its place in the alphabet. */
export function addImport(text: string, statement: string): string {
  const source = /from '([^']+)'/.exec(statement)?.[1] ?? '';
  const imports = importsIn(text);
  if (imports.length === 0) return `${statement}\n\n${text}`;
  const next = imports.find((one) => rank(one.source) > rank(source));
  const at = next?.at ?? imports.at(-1)?.end ?? 0;
  return `${text.slice(0, at)}${statement}\n${text.slice(at)}`;
}

/** Adds names to what is imported from a source, which is imported already or not; names that are there stay. */
export function addNames(text: string, source: string, ...names: readonly string[]): string {
  const pattern = new RegExp(`^import \\{([^}]*)\\} from '${source.replace(/[.$]/g, '\\$&')}';\\n`, 'm');
  const found = pattern.exec(text);
  const present = (found?.[1] ?? '').split(',').flatMap((name) => name.trim() || []);
  const bare = (name: string): string => name.replace(/^type /, '');
  const missing = names.filter((name) => !present.some((other) => bare(other) === bare(name)));
  if (missing.length === 0) return text;
  const all = [...present, ...missing].sort((a, b) => bare(a).localeCompare(bare(b), 'en'));
  const statement = `import { ${all.join(', ')} } from '${source}';\n`;
  if (!found) return addImport(text, statement.trimEnd());
  return `${text.slice(0, found.index)}${statement}${text.slice(found.index + found[0].length)}`;
}

/** A record with an entry added at its place in the alphabet; entries that are there keep their order. */
export function withEntry<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
  value: Value,
): Record<string, Value> {
  const entries = Object.entries(record);
  const after = entries.findIndex(([other]) => other.localeCompare(key, 'en') > 0);
  const at = after < 0 ? entries.length : after;
  return Object.fromEntries([...entries.slice(0, at), [key, value], ...entries.slice(at)]);
}
