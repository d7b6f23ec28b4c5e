import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

describe('meridian into a pipe that nobody reads', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'meridian-closed-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('ends quietly', async () => {
    const main = path.join(import.meta.dirname, 'main.ts');
    const child = spawn(process.execPath, [main, 'status', '--json'], {
      env: { ...process.env, MERIDIAN_STACK_FOLDER: folder },
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
