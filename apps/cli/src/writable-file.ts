import { closeSync, existsSync, openSync, unlinkSync } from 'node:fs';
import { explain } from './explain.ts';

/**
 * Throws an error that names the flag unless a file can be written. A command that works for long calls this at its start, so that it
 * does not fail at its end. A file that exists keeps what it holds; one that does not is not made.
 */
export function ensureWritable(file: string, flag: string): void {
  const isNew = !existsSync(file);
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw new Error(`${flag}: ${file} cannot be written: ${explain(error)}`, { cause: error });
  }
  if (isNew) unlinkSync(file);
}
