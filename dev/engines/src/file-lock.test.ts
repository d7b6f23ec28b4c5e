import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFileLock } from './file-lock.ts';
import { identify } from './process-identity.ts';

let folder = '';
let lock = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-lock-'));
  lock = join(folder, 'deeper/a.lock');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('withFileLock', () => {
  it('lets one work after the other, and tells who has to wait', async () => {
    const order: string[] = [];
    const first = Promise.withResolvers<void>();
    let waited = 0;
    const a = withFileLock(lock, { timeoutMs: 600_000 }, async () => {
      order.push('a begins');
      await first.promise;
      order.push('a ends');
    });
    const onWait = () => {
      waited += 1;
      first.resolve();
    };
    const b = withFileLock(lock, { timeoutMs: 600_000, onWait }, async () => {
      order.push('b');
    });
    await Promise.all([a, b]);
    expect(order).toEqual(['a begins', 'a ends', 'b']);
    expect(waited).toBe(1);
    expect(existsSync(lock)).toBe(false);
  });

  it('is free again when the work throws', async () => {
    await expect(withFileLock(lock, { timeoutMs: 0 }, () => Promise.reject(new Error('no')))).rejects.toThrow(
      'no',
    );
    expect(await withFileLock(lock, { timeoutMs: 0 }, async () => 1)).toBe(1);
  });

  it('takes over from a holder that died', async () => {
    await withFileLock(lock, { timeoutMs: 0 }, async () => undefined);
    const holder = spawn('sleep', ['60'], { stdio: 'ignore' });
    writeFileSync(lock, JSON.stringify(identify(holder.pid ?? 0)));
    await expect(withFileLock(lock, { timeoutMs: 0 }, async () => 1)).rejects.toThrow(
      `process ${holder.pid}`,
    );
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await withFileLock(lock, { timeoutMs: 0 }, async () => 2)).toBe(2);
  });
});
