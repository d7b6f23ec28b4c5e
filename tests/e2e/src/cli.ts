import { spawn } from 'node:child_process';
import path from 'node:path';
import { workspaceFolder } from '@meridian/engines';

/** A run of the command line. */
export interface CliRun {
  /** Resolves when it has ended. `output` is all that it printed, `stdout` without its errors. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string; readonly stdout: string }>;
  /** What it has printed so far. */
  printed(): string;
  /** Sends it a signal; `SIGINT` is Ctrl-C. */
  signal(name: NodeJS.Signals): void;
}

/** Runs `meridian ARGS` as a process of its own, on the stack of a folder. */
export function runCli(stackFolder: string, ...args: readonly string[]): CliRun {
  return runCliWith({ MERIDIAN_STACK_FOLDER: stackFolder }, ...args);
}

/** Runs `meridian ARGS` as a process of its own, with these variables beside those of the tests. */
export function runCliWith(variables: Readonly<Record<string, string>>, ...args: readonly string[]): CliRun {
  const main = path.join(workspaceFolder(), 'apps/cli/src/main.ts');
  const child = spawn(process.execPath, [main, ...args], {
    cwd: workspaceFolder(),
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, stdout] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended: CliRun['ended'] = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, stdout }));
  });
  return { ended, printed: () => output, signal: (name) => void child.kill(name) };
}
