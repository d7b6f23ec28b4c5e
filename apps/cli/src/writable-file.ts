import { closeSync, existsSync, openSync, unlinkSync } from 'node:fs';

/**
 * Throws an error that names the flag unless a file can be written, so that a command which works for long refuses at its start what it
 * would fail with at its end. A file that exists keeps what it holds; one that does not is not made.
 */
export function ensureWritable(file: string, flag: string): void {
  const isNew = !existsSync(file);
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw new Error(`${flag}: ${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
  if (isNew) unlinkSync(file);
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
