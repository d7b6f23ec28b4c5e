import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What can be started in a folder and records its ports there. */
export type FolderKind = 'engines' | 'stacks';

const placeOf = (cache: string, kind: FolderKind) => join(cache, 'folders', kind);

/** Remembers a folder where something is started, for every later start of this user. May be repeated. */
export function rememberFolder(cache: string, kind: FolderKind, folder: string): void {
  const place = placeOf(cache, kind);
  mkdirSync(place, { recursive: true });
  const file = join(place, createHash('sha256').update(folder).digest('hex').slice(0, 16));
  const written = `${file}.${process.pid}.new`;
  writeFileSync(written, folder);
  renameSync(written, file);
}

/** The folders of this user where something was started and that still exist. */
export function knownFolders(cache: string, kind: FolderKind): readonly string[] {
  const place = placeOf(cache, kind);
  if (!existsSync(place)) return [];
  const files = readdirSync(place).filter((name) => !name.endsWith('.new'));
  return files.flatMap((name) => {
    const file = join(place, name);
    const folder = readFolder(file);
    if (folder !== undefined && existsSync(folder)) return [folder];
    rmSync(file, { force: true });
    return [];
  });
}

/** Undefined when another start has just taken the file away. */
function readFolder(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
