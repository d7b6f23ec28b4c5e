import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const SPECIFIER = /(\bfrom\s+|\bimport\s*\(\s*|^import\s+)(['"])([^'"]+)\2/gm;
const OF_WORKSPACE = /^@meridian\/([\w-]+)$/;

/** What a set of declarations needs from elsewhere. */
export interface Declarations {
  /** The modules of others that they import. */
  readonly imports: ReadonlySet<string>;
}

/**
 * Copies the declarations that a library's entry reaches into one folder, from all libraries of the workspace. There
 * they refer to each other by path, and to no package of the workspace. `from` holds a folder per library, as the
 * compiler writes them.
 */
export function copyDeclarations(from: string, library: string, to: string): Declarations {
  const imports = new Set<string>();
  const waiting = [`${library}/index.d.ts`];
  for (const file of waiting) {
    const text = readFileSync(join(from, file), 'utf8');
    const rewritten = text.replace(SPECIFIER, (_all, before: string, quote: string, name: string) => {
      const target = targetOf(file, name);
      if (target === undefined) {
        imports.add(name);
        return `${before}${quote}${name}${quote}`;
      }
      if (!waiting.includes(target)) waiting.push(target);
      return `${before}${quote}${pathBetween(file, target)}${quote}`;
    });
    mkdirSync(dirname(join(to, file)), { recursive: true });
    writeFileSync(join(to, file), rewritten);
  }
  return { imports };
}

/** The declarations that a file means by a name: those of a library's entry, or those beside it; undefined for what others publish. */
function targetOf(file: string, name: string): string | undefined {
  const [, library] = OF_WORKSPACE.exec(name) ?? [];
  if (library !== undefined) return `${library}/index.d.ts`;
  if (!name.startsWith('.')) return undefined;
  return normalize(join(dirname(file), name)).replace(/\.ts$/, '.d.ts');
}

/** How one declaration imports another: by the name of the JavaScript that it describes. */
function pathBetween(file: string, target: string): string {
  const path = relative(dirname(file), target).replace(/\.d\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}
