import { join } from 'node:path';
import { openSecrets, writeSecret, type Secrets } from '@meridian/engines';
import type { DevKeys } from '../dev-keys.ts';

/** The secrets of a closed stack's services. The secrets of the engines are in the folder of the engines. */
export async function stackSecrets(folder: string): Promise<Secrets> {
  return openSecrets(securityFolder(folder), 'Meridian services of this machine');
}

export const securityFolder = (folder: string): string => join(folder, 'security');

/** Writes a value into a file, and gives the variable that names the file: NAME_FILE for NAME. */
export function inFile(folder: string, name: string, value: string, owner = ''): Record<string, string> {
  const file = join(
    folder,
    [owner, name]
      .filter((part) => part !== '')
      .join('.')
      .toLowerCase(),
  );
  writeSecret(file, value);
  return { [`${name}_FILE`]: file };
}

/** The keys of a stack as variables that name files. */
export function keysInFiles(folder: string, keys: DevKeys): Record<string, string> {
  const files = Object.entries(keys).flatMap(([name, value]) => Object.entries(inFile(folder, name, value)));
  return Object.fromEntries(files);
}
