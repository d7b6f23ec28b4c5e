import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachedFolder } from './cached-folder.ts';

let cache = '';
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'meridian-cache-'));
});
afterEach(() => {
  rmSync(cache, { recursive: true, force: true });
});

describe('cachedFolder', () => {
  it('is filled once, by the first of two that want it', async () => {
    let fills = 0;
    const fill = async (folder: string) => {
      fills += 1;
      writeFileSync(join(folder, 'a.jar'), '');
    };
    const path = join(cache, 'kafka');
    await Promise.all([cachedFolder(path, fill), cachedFolder(path, fill)]);
    await cachedFolder(path, fill);
    expect(fills).toBe(1);
    expect(readdirSync(path)).toEqual(['a.jar']);
  });

  it('has no name before it is complete, and leaves nothing behind when it fails', async () => {
    const path = join(cache, 'kafka');
    const fill = (folder: string) => {
      expect(existsSync(path)).toBe(false);
      writeFileSync(join(folder, 'half'), '');
      return Promise.reject(new Error('the network is gone'));
    };
    await expect(cachedFolder(path, fill)).rejects.toThrow('the network is gone');
    expect(readdirSync(cache)).toEqual([]);
  });

  it('clears away what a fill that was killed left', async () => {
    mkdirSync(join(cache, '.kafka-Ab12Cd'));
    await cachedFolder(join(cache, 'kafka'), async () => undefined);
    expect(readdirSync(cache)).toEqual(['kafka']);
  });
});
