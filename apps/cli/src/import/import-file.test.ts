import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { importFile } from './import-file.ts';
import { failureIn, servicesInMemory } from './testing/services.ts';

vi.mock('@meridian/client', async (original) => ({
  ...(await original<object>()),
  failureOf: (error: unknown) => failureIn(error),
}));

const folder = mkdtempSync(path.join(tmpdir(), 'meridian-import-'));
const file = path.join(folder, 'file.csv');
const rejectsFile = path.join(folder, 'rejects.csv');
const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
const GOOD = '536365,85123A,HEART,6,12/13/10 8:26,2.55,17850,United Kingdom';
const UNREADABLE = '536365,85123A,"HEART,6,12/13/10 8:26,2.55,17850,United Kingdom';
const FEE = GOOD.replace('85123A', 'POST');

describe('importFile', () => {
  let printed = '';
  beforeEach(() => {
    printed = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    writeFileSync(file, [HEADER, GOOD, UNREADABLE, FEE, ''].join('\n'));
  });
  afterEach(() => void vi.restoreAllMocks());
  afterAll(() => rmSync(folder, { recursive: true }));

  const rejectsWritten = () =>
    readFileSync(rejectsFile, 'utf8')
      .split('\n')
      .slice(1, -1)
      .map((row) => row.slice(0, 9));

  it('takes what it can and writes the rest to the rejects file', async () => {
    const { client } = servicesInMemory();
    const { taken, ordersTaken, rejects } = await importFile(client, { file, rejectsFile, quiet: true });
    expect(taken.map(({ orderId }) => orderId)).toEqual(['536365']);
    expect(ordersTaken).toBe(1);
    expect(rejects.map(({ lineNo, reason }) => [lineNo, reason])).toEqual([
      [3, 'UNCLOSED_QUOTE'],
      [4, 'NOT_GOODS'],
    ]);
    expect(rejectsWritten()).toEqual(['3,UNCLOSE', '4,NOT_GOO']);
    expect(printed).toBe('');
  });

  it.each([
    ['cannot be written', path.join(folder, 'nowhere', 'rejects.csv'), 'ENOENT'],
    ['is a folder', folder, 'EISDIR'],
    ['is the file itself', `${folder}/../${path.basename(folder)}/file.csv`, 'is the file to import'],
  ])('refuses a rejects file that %s before anything is sent', async (_, rejectsPath, said) => {
    const { client, received } = servicesInMemory();
    const before = readFileSync(file, 'utf8');
    const importing = importFile(client, { file, rejectsFile: rejectsPath, quiet: true });
    await expect(importing).rejects.toThrow(said);
    expect(received.size).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('rejects with what ended it even when the rejects cannot be written any more', async () => {
    const { client } = servicesInMemory();
    const gone = path.join(folder, 'gone');
    mkdirSync(gone);
    const defect = new Error('a defect');
    const catalog = {
      async createProduct() {
        rmSync(gone, { recursive: true });
        throw defect;
      },
    };
    const importing = importFile(
      { ...client, catalog },
      { file, rejectsFile: path.join(gone, 'rejects.csv'), quiet: true },
    );
    await expect(importing).rejects.toBe(defect);
    expect(printed).toContain('the rejected lines could not be written: ENOENT');
  });

  it.each([
    ['it is interrupted', new Error('interrupted')],
    ['a service fails for good', undefined],
  ])(
    'writes what was rejected until then when %s, says so, and rejects with what ended it',
    async (_, reason) => {
      const { client } = servicesInMemory();
      const interrupted = new AbortController();
      const defect = new Error('a defect');
      const catalog = {
        async createProduct() {
          if (!reason) throw defect;
          interrupted.abort(reason);
          return client.catalog.createProduct({ productId: '85123A' });
        },
      };
      const importing = importFile(
        { ...client, catalog },
        { file, rejectsFile, quiet: true, signal: interrupted.signal },
      );
      await expect(importing).rejects.toBe(reason ?? defect);
      expect(rejectsWritten()).toEqual(['3,UNCLOSE', '4,NOT_GOO']);
      expect(printed).toContain(`the import is not finished: run it again to go on; ${rejectsFile}`);
    },
  );
});
