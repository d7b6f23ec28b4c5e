import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { workspaceFolder } from '@meridian/engines';
import { OWN_SESSION } from './own-session.ts';

/** A process of the bench; it can be asked one question at a time. */
export interface Child {
  readonly pid: number;
  /** Sends a question and waits for its answer. Rejects when the process fails or ends. */
  ask<Answer>(question: object): Promise<Answer>;
  stop(): Promise<void>;
}

interface Reply {
  readonly answer?: unknown;
  readonly error?: string;
}

function isReply(message: unknown): message is Reply {
  return typeof message === 'object' && message !== null && ('answer' in message || 'error' in message);
}

const running = new Set<ChildProcess>();

/** Ends every process of the bench that still runs, such as remains of a failed measurement. */
export async function stopChildren(): Promise<void> {
  await Promise.all([...running].map(end));
}

/** Starts a file of tests/bench/src/processes as a separate process and waits until the process is ready. */
export async function startChild(
  file: string,
  environment: Readonly<Record<string, string>>,
): Promise<Child> {
  const child = fork(path.join(import.meta.dirname, '../processes', file), {
    cwd: workspaceFolder(),
    env: { ...process.env, ...environment },
    execArgv: ['--disable-warning=ExperimentalWarning', ...profiling()],
    serialization: 'advanced',
    detached: OWN_SESSION,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  await nextReply(child, file);
  return {
    pid: child.pid ?? 0,
    // A process and its caller agree on the answer's shape.
    async ask<Answer>(question: object): Promise<Answer> {
      if (!child.connected) throw new Error(`${file} has ended`);
      const reply = nextReply(child, file);
      child.send(question);
      return (await reply) as Answer;
    },
    stop: () => end(child),
  };
}

/** The folder of `--profile`, for the CPU profiles of all processes. */
let profileFolder: string | undefined;

/** From now on every process writes a CPU profile to this folder when it ends. */
export function profileChildren(folder: string | undefined): void {
  profileFolder = folder;
}

function profiling(): readonly string[] {
  return profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : [];
}

function nextReply(child: ChildProcess, file: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => {
      child.off('message', onMessage);
      reject(new Error(`${file} ended with ${String(code)}`));
    };
    const onMessage = (message: unknown) => {
      if (!isReply(message)) return;
      child.off('exit', onExit);
      child.off('message', onMessage);
      if (message.error === undefined) resolve(message.answer);
      else reject(new Error(message.error));
    };
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
