import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPool } from '@meridian/mysql';
import { afterAll, describe, expect, it } from 'vitest';
import { eventLine } from '../../output.ts';
import { lostErasures } from './lost-erasures.ts';
import { paidOrder } from './testing/paid-order.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'meridian-lost-'));
const file = path.join(folder, 'lost.jsonl');
// No file of these tests has an erasure, so no connection is made.
const pool = createPool({ url: 'mysql://nobody@127.0.0.1:1/' });
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await pool.close();
});

describe('a file that is given for lost events', () => {
  it('may have empty lines', async () => {
    writeFileSync(file, `\n${eventLine(paidOrder(9n))}\r\n\n`);
    expect(await lostErasures(pool, file)).toEqual({ total: 0, toRepeat: [], ofEarlierCustomers: 0 });
  });

  it.each([
    ['is cut off', eventLine(paidOrder(20n)).slice(0, -10)],
    ['is no JSON', 'Dear diary,'],
    ['is of something else', '{"name": "something else"}'],
  ])('is refused when a line %s, with its number', async (_what, line) => {
    writeFileSync(file, `${eventLine(paidOrder(9n))}\n${line}`);
    await expect(lostErasures(pool, file)).rejects.toThrow(
      `line 2 of ${file} is no event: name the file as \`journal fence --lost\` wrote it`,
    );
  });

  it('is refused when it is not there, with what to name', async () => {
    const missing = path.join(folder, 'missing');
    await expect(lostErasures(pool, missing)).rejects.toThrow(
      /^cannot read .*missing: ENOENT.*; name the file that `journal fence --lost` wrote$/,
    );
  });
});
