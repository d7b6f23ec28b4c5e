import { execFileSync, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { workspaceEnvironment, workspaceRoot } from './workspace.ts';

const killAfterMs = 20_000;

/** The text that a command prints, trimmed; throws when it fails. */
export function outputOf(command: string, args: readonly string[]): string {
  const options = {
    cwd: workspaceRoot,
    env: workspaceEnvironment(),
    encoding: 'utf8',
    stdio: 'pipe',
  } as const;
  return execFileSync(command, args, options).trim();
}

/**
 * Runs a command in the workspace's root with this process's output, and answers with its exit code. If a signal ended
 * the command, the exit code is 128 + the signal's number, as in a shell. The command has a process group of its own.
 * When `stop` is aborted the group gets SIGTERM and, 20 s later, SIGKILL. With `gather`, nothing is printed, and what the command
 * prints is given to that function, piece by piece.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; stop?: AbortSignal; gather?: (piece: Buffer) => void } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    options.stop?.throwIfAborted();
    const env = workspaceEnvironment(options.env);
    const { gather } = options;
    const output = gather ? 'pipe' : 'inherit';
    const child = spawn(command, args, {
      cwd: workspaceRoot,
      env,
      stdio: ['ignore', output, output],
      detached: true,
    });
    if (gather) for (const stream of [child.stdout, child.stderr]) stream?.on('data', gather);
    const signalGroup = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-child.pid, signal);
    };
    let killing: NodeJS.Timeout | undefined;
    const onStop = (): void => {
      signalGroup('SIGTERM');
      killing = setTimeout(signalGroup, killAfterMs, 'SIGKILL');
    };
    options.stop?.addEventListener('abort', onStop, { once: true });
    const settle = (): void => {
      clearTimeout(killing);
      options.stop?.removeEventListener('abort', onStop);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, signal) => {
      settle();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
