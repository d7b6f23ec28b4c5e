import { tmpdir } from 'node:os';
import path from 'node:path';
import { startStack } from '@meridian/local-stack';
import { describe, expect, it, vi } from 'vitest';
import { start } from './start.ts';

vi.mock('@meridian/local-stack', async (original) => ({
  ...(await original<object>()),
  startStack: vi.fn(async () => Promise.reject(new Error('it was started'))),
}));

describe('start', () => {
  it('refuses a result file that cannot be written before anything is started', async () => {
    vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
    const json = path.join(tmpdir(), 'nowhere', 'nothing', 'out.json');
    const starting = start({
      exit: true,
      json,
      engines: 'local',
      secure: false,
      signal: new AbortController().signal,
    });
    await expect(starting).rejects.toThrow(`--json: ${json} cannot be written`);
    expect(startStack).not.toHaveBeenCalled();
  });
});
