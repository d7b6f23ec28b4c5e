import { tmpdir } from 'node:os';
import path from 'node:path';
import { startStack, type RunningStack } from '@meridian/local-stack';
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

  it('imports nothing while a read model waits for an operator, says what to do, and ends with 1', async () => {
    let printed = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => (printed += String(text)) !== '');
    const stop = vi.fn(async () => undefined);
    vi.mocked(startStack).mockImplementationOnce(async ({ onServiceWaits } = {}) => {
      onServiceWaits?.('projectors', 'turn the key');
      // Nothing else of a stack is used.
      return { stop } as Partial<RunningStack> as RunningStack;
    });
    const { signal } = new AbortController();
    expect(await start({ exit: true, engines: 'local', secure: false, signal })).toBe(1);
    expect(printed).toContain('projectors: waits for you: turn the key');
    expect(printed).toContain('nothing is imported, since projectors would not show it');
    expect(stop).toHaveBeenCalledOnce();
  });
});
