import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logOutput } from './log-output.ts';
import { spawnTestService } from './testing/child-service.ts';

/** A port of this machine that was free a moment ago: a service without a log cannot report which port it took. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('the output of a log', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'meridian-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('counts the lines that it cannot write, also those before anybody asks', () => {
    const fd = openSync('/dev/full', 'w');
    const output = logOutput(fd);
    let lost = 0;
    output.write('a\n');
    output.onLost((lines) => (lost += lines));
    output.write('b\n');
    closeSync(fd);
    output.write('c\n');
    expect(lost).toBe(3);
  });

  it('writes each line at once', () => {
    const file = path.join(folder, 'log');
    const fd = openSync(file, 'w');
    const output = logOutput(fd);
    output.write('a\n');
    expect(readFileSync(file, 'utf8')).toBe('a\n');
    output.write('é\n');
    expect(readFileSync(file, 'utf8')).toBe('a\né\n');
    closeSync(fd);
  });
});

describe.each<[what: string, start: (env: Record<string, string>) => ReturnType<typeof spawnTestService>]>([
  [
    'on a full disk',
    (env) => {
      const full = openSync('/dev/full', 'w');
      try {
        return spawnTestService(env, ['ignore', full, 'inherit']);
      } finally {
        closeSync(full);
      }
    },
  ],
  [
    'whose reader is gone',
    (env) => {
      const child = spawnTestService(env, ['ignore', 'pipe', 'inherit']);
      child.stdout?.destroy();
      return child;
    },
  ],
  [
    'that nobody reads',
    (env) => spawnTestService({ ...env, MERIDIAN_TEST: 'chatty' }, ['ignore', 'pipe', 'inherit']),
  ],
])('a service with a log %s', (_what, start) => {
  it('goes on, says how many lines were lost, and stops in order', async () => {
    const port = await freePort();
    const child = start({
      MERIDIAN_HTTP_PORT: String(port),
      MERIDIAN_TRACES: 'file:/dev/full',
    });
    const exit = new Promise((resolve) => child.once('exit', resolve));
    try {
      const get = (asked: string) =>
        fetch(`http://127.0.0.1:${port}${asked}`).then(
          async (answer) => `${answer.status} ${await answer.text()}`,
          String,
        );
      await expect.poll(() => get('/readyz')).toBe('200 ready\n');
      await expect
        .poll(() => get('/metrics'))
        .toMatch(/^meridian_log_lines_lost_total\{service="test-service"\} [1-9]/m);
      child.kill('SIGTERM');
      expect(await exit).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
