import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identify, isAlive, processIdentity } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

export interface LockOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Called once when another process holds the lock. */
  readonly onWait?: () => void;
}

const heldHere = new Set<string>();

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    return processIdentity.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** A link gives the lock its name only once the file is complete, so that no process ever reads a partial holder. */
function tryTake(path: string, self: ProcessIdentity): boolean {
  if (heldHere.has(path)) return false;
  const written = `${path}.${self.pid}.new`;
  writeFileSync(written, JSON.stringify(self));
  try {
    linkSync(written, path);
    heldHere.add(path);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return false;
  } finally {
    rmSync(written, { force: true });
  }
}

/**
 * Removes a dead holder's lock. When several processes try at once, one renames the lock and the others find nothing.
 */
function removeIfDead(path: string, self: ProcessIdentity): void {
  const holder = readHolder(path);
  if (holder === undefined || isAlive(holder)) return;
  const aside = `${path}.${self.pid}.dead`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const taken = readHolder(aside);
  // Another process took the lock between the check and the rename: the lock gets its name back.
  if (taken !== undefined && isAlive(taken)) renameSync(aside, path);
  else rmSync(aside, { force: true });
}

/**
 * Runs `work` while this process alone on this machine holds the lock file `path`. A lock whose holder has died is
 * taken over. Not re-entrant. Rejects when the lock is not free within `timeoutMs`, naming the holder.
 */
export async function withFileLock<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const self = identify(process.pid);
  if (self === undefined) throw new Error('The start time of this process cannot be read');
  mkdirSync(dirname(path), { recursive: true });
  let waiting = false;
  const taken = await waitUntil(
    () => {
      removeIfDead(path, self);
      if (tryTake(path, self)) return true;
      if (!waiting) options.onWait?.();
      waiting = true;
      return false;
    },
    { timeoutMs: options.timeoutMs, signal: options.signal, everyMs: 100 },
  );
  if (!taken)
    throw new Error(`${path} is held by process ${readHolder(path)?.pid ?? 'unknown'}, still working`);
  try {
    return await work();
  } finally {
    heldHere.delete(path);
    rmSync(path, { force: true });
  }
}
