import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertPlanted } from './assert-planted.ts';

const changes = [{ file: 'libs/a/src/b.ts', from: 'x', to: 'y' }];
const defect = { name: 'wrong', mistake: '', caughtBy: [], changes };

describe('a defect that is said to be caught', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'planted-'));
    writeFileSync(path.join(folder, 'one.log'), 'planted wrong in b.ts\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('was planted in a service', () => {
    expect(() => assertPlanted(defect, folder)).not.toThrow();
    const elsewhere = { ...defect, changes: [{ ...changes[0], file: 'c.ts', from: 'x', to: 'y' }] };
    expect(() => assertPlanted(elsewhere, folder)).toThrow('wrong was not planted in c.ts');
    expect(() => assertPlanted({ ...defect, name: 'other' }, folder)).toThrow('other was not planted');
  });
});
