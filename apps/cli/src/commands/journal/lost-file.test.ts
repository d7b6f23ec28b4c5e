import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { addLost } from './lost-file.ts';
import { paidOrder } from './testing/paid-order.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'meridian-lost-'));
const file = path.join(folder, 'lost.jsonl');
beforeEach(() => rmSync(file, { force: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const positions = () =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => String(JSON.parse(text).position));

describe('a file of lost events', () => {
  it('keeps what an earlier run wrote and Kafka has forgotten, and adds what is new, by position', async () => {
    expect(await addLost(file, [paidOrder(9n), paidOrder(20n)])).toEqual({ events: 2, kept: 0 });
    expect(await addLost(file, [paidOrder(20n), paidOrder(100n)])).toEqual({ events: 3, kept: 1 });
    expect(await addLost(file, [])).toEqual({ events: 3, kept: 3 });
    expect(positions()).toEqual(['9', '20', '100']);
    expect(readdirSync(folder)).toEqual(['lost.jsonl']);
  });

  it('is written again when its last line was cut off', async () => {
    await addLost(file, [paidOrder(9n), paidOrder(20n)]);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -10));
    expect(await addLost(file, [paidOrder(9n), paidOrder(20n)])).toEqual({ events: 2, kept: 0 });
    expect(positions()).toEqual(['9', '20']);
  });

  it('is the same in a copy with another line end, without the last one, or with those of Windows', async () => {
    await addLost(file, [paidOrder(9n), paidOrder(20n)]);
    const text = readFileSync(file, 'utf8');
    for (const copy of [`${text}\n`, text.trimEnd(), text.replaceAll('\n', '\r\n')]) {
      writeFileSync(file, copy);
      expect(await addLost(file, [])).toEqual({ events: 2, kept: 2 });
      expect(positions()).toEqual(['9', '20']);
    }
  });

  it.each(['{"name": "something else"}', '{"name":\n"something else"}', 'Dear diary,'])(
    'is refused, and stays as it is, when it holds no event at all: %j',
    async (text) => {
      writeFileSync(file, text);
      await expect(addLost(file, [paidOrder(9n)])).rejects.toThrow(`line 1 of ${file} is no event`);
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );

  it('is refused, and stays as it is, when it holds anything else', async () => {
    writeFileSync(file, 'Dear diary,\n');
    await expect(addLost(file, [paidOrder(9n)])).rejects.toThrow(`line 1 of ${file} is no event`);
    expect(readFileSync(file, 'utf8')).toBe('Dear diary,\n');
  });
});
