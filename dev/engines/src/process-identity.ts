import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * One process, distinguished from earlier and later processes with the same pid: by its start time, and on Linux by the
 * boot of the machine.
 */
export const processIdentity = z.object({
  pid: z.number().int().positive(),
  startedAt: z.string().min(1),
});
export type ProcessIdentity = z.infer<typeof processIdentity>;

const onLinux = process.platform === 'linux';

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** State letter, threads left and start time (ticks since boot) of a line of `/proc/PID/stat`; the name in it may hold anything. */
export function parseStat(stat: string): { state: string; threads: number; startTicks: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, startTicks] = [fields[0], fields[17], fields[19]];
  if (state === undefined || threads === undefined || startTicks === undefined) return undefined;
  return { state, threads: Number(threads), startTicks };
}

/**
 * Whether a process has ended. While other threads of a process are still ending, its ports and files are open, even if
 * its first thread only waits to be reaped.
 */
export function hasEnded({ state, threads }: { state: string; threads: number }): boolean {
  return state === 'X' || (state === 'Z' && threads <= 1);
}

function linuxStart(pid: number): { startedAt: string; state: string } | undefined {
  const stat = parseStat(readOrUndefined(`/proc/${pid}/stat`) ?? '');
  if (stat === undefined || hasEnded(stat)) return undefined;
  const boot = readOrUndefined('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return { startedAt: `${boot}/${stat.startTicks}`, state: stat.state };
}

function otherStart(pid: number): { startedAt: string; state: string } | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const [state = '', ...started] = line.split(/\s+/);
    return state === '' || state.startsWith('Z') ? undefined : { startedAt: started.join(' '), state };
  } catch {
    return undefined;
  }
}

const start = (pid: number) => (onLinux ? linuxStart(pid) : otherStart(pid));

/** The identity of the process that has `pid` now; undefined when there is none or when it only waits to be reaped. */
export function identify(pid: number): ProcessIdentity | undefined {
  const found = start(pid);
  return found === undefined ? undefined : { pid, startedAt: found.startedAt };
}

/** Whether exactly this process still runs; a paused process does. A recycled pid is another process. */
export function isAlive(identity: ProcessIdentity): boolean {
  return start(identity.pid)?.startedAt === identity.startedAt;
}

/** Whether exactly this process is stopped by a signal (SIGSTOP). */
export function isPaused(identity: ProcessIdentity): boolean {
  const found = start(identity.pid);
  return found?.startedAt === identity.startedAt && found.state.startsWith('T');
}

/** Sends a signal to exactly this process; false when the process is gone. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, name);
  } catch {
    return false;
  }
}
