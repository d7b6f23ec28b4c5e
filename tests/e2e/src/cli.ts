import { spawn } from 'node:child_process';
import path from 'node:path';
import { workspaceFolder } from '@meridian/engines';

/** A run of the command line. */
export interface CliRun {
  /** Resolves when it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

/** Runs `meridian ARGS` as a process of its own, on the stack of a folder. */
export function runCli(stackFolder: string, ...args: readonly string[]): CliRun {
  const main = path.join(workspaceFolder(), 'apps/cli/src/main.ts');
  const child = spawn(process.execPath, [main, ...args], {
    cwd: workspaceFolder(),
    env: { ...process.env, MERIDIAN_STACK_FOLDER: stackFolder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
  return { ended };
}
