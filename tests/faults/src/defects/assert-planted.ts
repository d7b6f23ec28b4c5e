import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Planted } from './planted.ts';

/** Throws when no service that logged here has loaded a module that a defect changes: then nothing was planted in it. */
export function assertPlanted({ name, changes }: Planted, logFolder: string): void {
  const logs = readdirSync(logFolder).map((file) => readFileSync(path.join(logFolder, file), 'utf8'));
  for (const { file } of changes) {
    const line = `planted ${name} in ${path.basename(file)}`;
    if (!logs.some((log) => log.includes(line))) throw new Error(`${name} was not planted in ${file}`);
  }
}
