import { readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';

const MAX_BYTES = 256 * 1024;

/** The variables that are set, and what is wrong with files that hold some of them. */
export interface SetVariables {
  readonly set: Readonly<Record<string, string>>;
  /** The files that hold values, by the name of the variable. */
  readonly files: ReadonlyMap<string, string>;
  /** One line a problem; each starts with the variable's name. */
  readonly problems: readonly string[];
}

/**
 * The variables that are set. A value that the shape knows by `NAME` may stand in the file that `NAME_FILE` names,
 * without the last line end. This does not hold where the shape knows `NAME_FILE` itself. Files are read once, at the
 * start, except those that `following` reads again.
 */
export function withFiles(
  shape: z.ZodObject,
  env: Readonly<Record<string, string | undefined>>,
): SetVariables {
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value !== '') set[name] = value;
  const problems: string[] = [];
  const files = new Map<string, string>();
  for (const name of Object.keys(shape.shape)) {
    const file = `${name}_FILE`;
    const path = set[file];
    if (path === undefined || file in shape.shape) continue;
    if (set[name] !== undefined) {
      problems.push(`${name}: is set beside ${file}: unset one`);
      continue;
    }
    const value = valueIn(path);
    files.set(name, path);
    if (value instanceof Error) problems.push(`${file}: ${value.message}`);
    // It is told by its file: nothing more is to be said of the variable itself.
    set[name] = value instanceof Error ? '' : value;
  }
  return { set, files, problems };
}

/** The value in a file, or what is wrong with the file. */
export function valueIn(path: string): string | Error {
  try {
    if (statSync(path).size > MAX_BYTES) return new Error('names a file that is larger than 256 KiB');
    const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return value === '' ? new Error('names an empty file') : value;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return new Error(`names a file that cannot be read (${code})`);
  }
}
