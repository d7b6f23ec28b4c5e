import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ImageConfig } from './builder.ts';

/**
 * Enters a root as a container does. It makes namespaces for mounts and processes, mounts the root read-only and /tmp
 * in memory, and takes the image's user. Each `exec` keeps process 1 what it is.
 */
const ENTER = `set -e
root=$1; user=$2; shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec chroot --userspec="$user" --groups= "$root" "$@"`;

/** A program that runs in the root of an image. */
export interface ProcessInRoot {
  /** Its process id on this machine; inside it is 1. */
  pid(): Promise<number>;
  /** What it has printed so far. */
  output(): string;
  /** Its exit code; 128 + the signal's number when a signal ended it. */
  readonly exit: Promise<number>;
  /** Ends it at once, if it still runs. */
  kill(): void;
}

/** The environment of a process in an image: the image's own variables, then those that are given. */
function environmentOf({ env }: ImageConfig, given: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = env.map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return { ...Object.fromEntries(own), ...given };
}

/** Starts an image's program in its unpacked root, as the image's user, with the network of this machine. Needs root. */
export function startInRoot(options: {
  readonly root: string;
  readonly config: ImageConfig;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}): ProcessInRoot {
  const { root, config, args = [], environment = {} } = options;
  const isolation = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  const command = [...config.entrypoint, ...args];
  const child = spawn('unshare', [...isolation, 'sh', '-c', ENTER, 'sh', root, config.user, ...command], {
    env: { PATH: process.env['PATH'], ...environmentOf(config, environment) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  return {
    pid: () => onlyChildOf(child),
    output: () => printed,
    exit: once(child, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : 255)),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** The process that `unshare` has started; it is there a moment later. */
async function onlyChildOf({ pid, exitCode }: ChildProcess): Promise<number> {
  while (exitCode === null) {
    const [found] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    if (found) return Number(found);
    await pause(20);
  }
  throw new Error('the process has ended');
}

/** A field of /proc/PID/status, as a list of its words. */
export function statusOf(pid: number, field: string): readonly string[] {
  const line = new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return line?.[1]?.trim().split(/\s+/) ?? [];
}
