import { rmSync } from 'node:fs';
import { writeSecret } from './secrets.ts';

/**
 * Runs `work` with a file of arguments for `java @FILE`, and removes the file. An argument with a password is then in no
 * process list.
 */
export async function withArgumentFile<T>(
  file: string,
  args: readonly string[],
  work: (argument: string) => Promise<T>,
): Promise<T> {
  const quoted = args.map((arg) => `"${arg.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  writeSecret(file, `${quoted.join('\n')}\n`);
  try {
    return await work(`@${file}`);
  } finally {
    rmSync(file, { force: true });
  }
}
