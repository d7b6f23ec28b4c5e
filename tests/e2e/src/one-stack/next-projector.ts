import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { TestStack } from '@meridian/testing';
import { expect } from 'vitest';

/** A projector of the next version, beside the one that the stack runs. */
export interface NextProjector {
  start(): void;
  /** Resolves when it has logged these words since its last start. */
  logged(words: string): Promise<void>;
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Makes it from a main file beside this one; it has the environment of the stack's own projector. */
export function nextProjector(stack: TestStack, name: string, main: string): NextProjector {
  const files = ['stack.env', `projector-${name}.env`].map((file) => path.join(stack.folder, file));
  let child: ChildProcess | undefined;
  let log = '';
  return {
    start() {
      const args = [...files.map((file) => `--env-file=${file}`), path.join(import.meta.dirname, main)];
      const started = spawn(process.execPath, args, {
        env: { ...process.env, MERIDIAN_HTTP_PORT: '0', MERIDIAN_GRPC_ADDRESS: '127.0.0.1:0' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      log = '';
      started.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
      child = started;
    },
    logged: (words) => expect.poll(() => log).toContain(words),
    async end(signal) {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}
