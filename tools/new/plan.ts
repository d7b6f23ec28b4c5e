import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { NewProblem } from './problem.ts';

/** A change that is planned, by its path from the root of the workspace. */
interface Change {
  readonly kind: 'new' | 'edit';
  content: string | Buffer;
}

/** Everything that a generator is going to write. Nothing is written before all of it is planned. */
export interface Plan {
  /** A file as it will be. Throws NewProblem when there is none. */
  read(path: string): string;
  /** Plans a file. Throws NewProblem when there is one of that name. */
  create(path: string, content: string | Buffer): void;
  /** Plans a change of a file. */
  edit(path: string, change: (text: string) => string): void;
  /** Plans the link by which a new workspace is found under its package's name. */
  link(packageName: string, folder: string): void;
  /** Plans something for the person to write. */
  todo(what: string): void;
  readonly created: readonly string[];
  readonly edited: readonly string[];
  readonly todos: readonly string[];
  /** Formats and writes all. If that or `finish` fails, everything is as it was before. */
  apply(finish: () => void): Promise<void>;
}

/** An empty plan for the workspace in a folder. */
export function createPlan(root: string): Plan {
  const changes = new Map<string, Change>();
  const links = new Map<string, string>();
  const todos: string[] = [];
  const pathsOf = (kind: Change['kind']) =>
    [...changes].filter(([, change]) => change.kind === kind).map(([path]) => path);

  function read(path: string): string {
    const planned = changes.get(path)?.content;
    if (planned !== undefined) return planned.toString();
    if (!existsSync(join(root, path))) throw new NewProblem(`${path} is not there`);
    return readFileSync(join(root, path), 'utf8');
  }

  return {
    read,
    create(path, content) {
      if (changes.has(path) || existsSync(join(root, path))) throw new NewProblem(`${path} exists already`);
      changes.set(path, { kind: 'new', content });
    },
    edit(path, change) {
      const before = read(path);
      let content: string;
      try {
        content = change(before);
      } catch (error) {
        if (!(error instanceof NewProblem)) throw error;
        throw new NewProblem(`${path}: ${error.message}`);
      }
      if (content === before) throw new Error(`${path} is not changed by its edit`);
      changes.set(path, { kind: changes.get(path)?.kind ?? 'edit', content });
    },
    link(packageName, folder) {
      links.set(join('node_modules', packageName), folder);
    },
    todo(what) {
      todos.push(what);
    },
    get created() {
      return pathsOf('new');
    },
    get edited() {
      return pathsOf('edit');
    },
    todos,
    async apply(finish) {
      const formatted = new Map<string, string | Buffer>();
      for (const [path, { content }] of changes)
        formatted.set(path, typeof content === 'string' ? await formattedText(root, path, content) : content);
      writeAll(root, formatted, links, finish);
    },
  };
}

const FORMATTED = /\.(?:ts|mjs|json|md)$/;

async function formattedText(root: string, path: string, text: string): Promise<string> {
  if (!FORMATTED.test(path) || path === 'package-lock.json' || path.startsWith('proto/samples/')) return text;
  const filepath = join(root, path);
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

function writeAll(
  root: string,
  files: ReadonlyMap<string, string | Buffer>,
  links: ReadonlyMap<string, string>,
  finish: () => void,
): void {
  const undo: (() => void)[] = [];
  try {
    for (const [path, content] of files) {
      const file = join(root, path);
      const before = existsSync(file) ? readFileSync(file) : undefined;
      makeFolder(dirname(file), undo);
      undo.push(() => (before ? writeFileSync(file, before) : rmSync(file, { force: true })));
      writeFileSync(file, content);
    }
    for (const [path, folder] of links) {
      const link = join(root, path);
      if (lstatSync(link, { throwIfNoEntry: false })) continue;
      makeFolder(dirname(link), undo);
      undo.push(() => rmSync(link, { force: true }));
      symlinkSync(relative(dirname(link), join(root, folder)), link);
    }
    finish();
  } catch (error) {
    for (const back of undo.reverse()) back();
    throw error;
  }
}

function makeFolder(folder: string, undo: (() => void)[]): void {
  const first = mkdirSync(folder, { recursive: true });
  if (first !== undefined) undo.push(() => rmSync(first, { recursive: true, force: true }));
}
