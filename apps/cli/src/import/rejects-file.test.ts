import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { writeRejects } from './rejects-file.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'meridian-rejects-'));
const file = path.join(folder, 'rejects.csv');
afterAll(() => rmSync(folder, { recursive: true }));

describe('the rejects file', () => {
  it('holds line number, reason and the line as it stands, whatever is in it', () => {
    const raw = '536365,85123A,"HOLDER, ""WHITE""",6,12/1/10 8:26,2.5,,United Kingdom';
    writeRejects(file, [{ lineNo: 7, reason: 'NO_CUSTOMER', raw, country: 'France', amountMinor: 1n }]);
    expect(parse(readFileSync(file, 'utf8'))).toEqual([
      ['line', 'reason', 'content'],
      ['7', 'NO_CUSTOMER', raw],
    ]);
  });

  it('is its header alone when everything was taken', () => {
    writeRejects(file, []);
    expect(readFileSync(file, 'utf8')).toBe('line,reason,content\n');
  });
});
