import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CommandFailedError } from './errors.ts';

const keptLines = 40;

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a program to its end and resolves with its standard output. Rejects with CommandFailedError when the program
 * cannot be run or its exit code is not 0. The error ends with the last lines of both outputs. An aborted signal ends
 * the program with SIGTERM. Then this rejects with the signal's reason once the program is gone.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    signal: options.signal,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const last: string[] = [];
  const keep = (line: string) => {
    last.push(line);
    if (last.length > keptLines) last.shift();
    options.onLine?.(line);
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.push(line);
    keep(line);
  });
  createInterface({ input: child.stderr }).on('line', keep);
  const shown = [command, ...args].join(' ');
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      // An aborted program still runs for a moment: 'close' comes when the program is gone.
      if (options.signal?.aborted !== true) reject(new CommandFailedError(shown, null, error.message));
    });
    child.once('close', (exitCode) => {
      if (exitCode === 0) resolve(output.join('\n'));
      else if (options.signal?.aborted === true) reject(options.signal.reason as Error);
      else reject(new CommandFailedError(shown, exitCode, last.join('\n')));
    });
  });
}
