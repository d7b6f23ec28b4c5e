import { closeSync, existsSync, openSync, unlinkSync } from 'node:fs';
import { explain } from './explain.ts';

/**
 * Throws an error that names the flag unless a file can be written. A long command calls this at its start, so that it
 * does not fail at its end. An existing file keeps its content; a missing file is not created.
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
