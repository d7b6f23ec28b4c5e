import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rotateLog } from './rotate-log.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'meridian-logs-'));
  file = path.join(folder, 'a.log');
});
afterEach(() => rmSync(folder, { recursive: true }));
const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');

describe('the rotation of a log', () => {
  it('leaves alone what is small or missing', () => {
    expect(rotateLog(file, { maxBytes: 10, kept: 2 })).toBe(false);
    appendFileSync(file, 'short');
    expect(rotateLog(file, { maxBytes: 10, kept: 2 })).toBe(false);
    expect(read('a.log')).toBe('short');
  });

  it('goes on with a writer that keeps the file open, and keeps so many', () => {
    const writer = openSync(file, 'a');
    for (const text of ['first-line', 'second-line', 'third-line', 'fourth-line']) {
      writeSync(writer, text);
      expect(rotateLog(file, { maxBytes: 10, kept: 2 })).toBe(true);
    }
    writeSync(writer, 'last');
    closeSync(writer);
    expect([read('a.log'), read('a.log.1'), read('a.log.2')]).toEqual(['last', 'fourth-line', 'third-line']);
    expect(existsSync(path.join(folder, 'a.log.3'))).toBe(false);
  });
});
