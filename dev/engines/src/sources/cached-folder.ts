import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { withFileLock } from '../file-lock.ts';

const lockTimeoutMs = 30 * 60_000;

/**
 * The folder `path` of the cache, filled by `fill` if the folder does not exist yet. Two simultaneous starts fill the
 * folder once: the second waits. The folder gets its name only when it is complete, so a partial folder after a crash
 * is never used.
 */
export async function cachedFolder(
  path: string,
  fill: (folder: string) => Promise<void>,
  { onWait, signal }: { onWait?: () => void; signal?: AbortSignal } = {},
): Promise<string> {
  if (existsSync(path)) return path;
  return withFileLock(`${path}.lock`, { timeoutMs: lockTimeoutMs, onWait, signal }, async () => {
    if (existsSync(path)) return path;
    mkdirSync(dirname(path), { recursive: true });
    const prefix = `.${basename(path)}-`;
    // Remains of an earlier holder of the lock that died.
    for (const name of readdirSync(dirname(path)).filter((found) => found.startsWith(prefix))) {
      rmSync(join(dirname(path), name), { recursive: true, force: true });
    }
    const growing = mkdtempSync(join(dirname(path), prefix));
    try {
      await fill(growing);
      renameSync(growing, path);
    } finally {
      rmSync(growing, { recursive: true, force: true });
    }
    return path;
  });
}
