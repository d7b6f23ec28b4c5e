import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from '@meridian/engines';
import { describe, expect, it, vi } from 'vitest';
import { stopKeptEngines, withEngines, withKeptEngines } from './engines.ts';

function fakeEngines() {
  const stop = vi.fn(async () => undefined);
  const startEngines = vi.fn(async () => ({
    mode: 'local' as const,
    reused: [],
    addresses: { mysqlUrl: '', kafkaBrokers: [], cassandra: {} },
    environment: () => ({ MERIDIAN_MYSQL_URL: 'mysql://here/' }),
    stop,
  }));
  return { startEngines, stopEngines: vi.fn(async () => undefined), stop };
}

describe('withEngines', () => {
  const signal = new AbortController().signal;

  it('refuses to run beside another run of the workspace, and leaves its engines and data alone', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'test-runner-'));
    const options = { folder: join(parent, 'engines'), load: async () => ({ ...engines, withFileLock }) };
    const engines = fakeEngines();
    try {
      await withEngines(
        'local',
        signal,
        async () => {
          const second = withEngines('local', signal, async () => undefined, options);
          await expect(second).rejects.toThrow('another `npm test` of this workspace is at work');
          expect(engines.stopEngines).toHaveBeenCalledOnce();
          expect(engines.startEngines).toHaveBeenCalledOnce();
        },
        options,
      );
      await withEngines('local', signal, async () => undefined, options);
      expect(engines.startEngines).toHaveBeenCalledTimes(2);
    } finally {
      await rm(parent, { recursive: true, force: true });
    }
  });
});

describe('withKeptEngines', () => {
  const signal = new AbortController().signal;

  it('gives the variables of the engines and leaves the engines up', async () => {
    const engines = fakeEngines();
    const url = await withKeptEngines(
      signal,
      async (env) => env.MERIDIAN_MYSQL_URL,
      async () => engines,
    );
    expect(url).toBe('mysql://here/');
    expect(engines.stop).not.toHaveBeenCalled();
    expect(engines.stopEngines).not.toHaveBeenCalled();
  });

  it('leaves them up also when the tests throw', async () => {
    const engines = fakeEngines();
    const failing = withKeptEngines(
      signal,
      async () => Promise.reject(new Error('red')),
      async () => engines,
    );
    await expect(failing).rejects.toThrow('red');
    expect(engines.stop).not.toHaveBeenCalled();
  });

  it('uses one folder in every run, which stopKeptEngines stops', async () => {
    const engines = fakeEngines();
    await withKeptEngines(
      signal,
      async () => undefined,
      async () => engines,
    );
    await stopKeptEngines(async () => engines);
    const folder = expect.stringMatching(/kept-engines$/);
    expect(engines.startEngines).toHaveBeenCalledWith(expect.objectContaining({ dataFolder: folder }));
    expect(engines.stopEngines).toHaveBeenCalledWith(folder);
  });
});
