import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

describe('meridian into a pipe that nobody reads', () => {
  it('ends quietly', async () => {
    const main = path.join(import.meta.dirname, 'main.ts');
    const child = spawn(process.execPath, [main, 'completion', 'bash'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const { promise, resolve } = Promise.withResolvers<number | null>();
    child.on('close', resolve);
    expect([await promise, complaints]).toEqual([0, '']);
  });
});
