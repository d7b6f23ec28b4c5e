import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withFileLock } from '@meridian/engines';
import { expect, it } from 'vitest';

it('ends a start of engines that is under way when it is interrupted', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-'));
  try {
    // A start waits for its turn, and so it is under way for as long as this holds the lock.
    await withFileLock(path.join(folder, 'state.lock'), { timeoutMs: 0 }, async () => {
      const { MERIDIAN_KAFKA_BROKERS: _named, ...env } = process.env;
      const args = [path.join(import.meta.dirname, 'main.ts'), '--engines', folder, '--only', 'query.echo'];
      const bench = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
      const ended = once(bench, 'exit');
      let said = '';
      const waits = new Promise<void>((resolve) => {
        bench.stderr.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          if (said.includes('waiting for it')) resolve();
        });
      });
      await Promise.race([waits, ended]);
      bench.kill('SIGINT');
      expect(await ended).toEqual([130, null]);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
