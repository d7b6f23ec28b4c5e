import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fence } from './fence.ts';

describe('journal fence', () => {
  it('refuses a file for lost events that cannot be written before it looks at any store', async () => {
    const lost = path.join(tmpdir(), 'nowhere', 'nothing', 'lost.jsonl');
    const nobody = { mysql: 'mysql://nobody@127.0.0.1:1/', kafka: '127.0.0.1:1' };
    const fencing = fence({ ...nobody, lost, reason: 'a test', force: false, json: false });
    await expect(fencing).rejects.toThrow(`--lost: ${lost} cannot be written`);
  });
});
