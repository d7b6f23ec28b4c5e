import { describe, expect, it } from 'vitest';
import { wholeRows } from './whole-rows.ts';

const list = (count: number, whole: (n: number) => boolean) =>
  Array.from({ length: count }, (_, n) => ({ n, name: whole(n) ? `${n}` : null }));

function readerOf(rows: readonly { n: number; name: string | null }[]) {
  return (after: Readonly<Record<string, unknown>> | undefined, size: number) => {
    const start = after ? Number(after['n']) + 1 : 0;
    return Promise.resolve(rows.slice(start, start + size));
  };
}

const isNamed = (row: Readonly<Record<string, unknown>>) => typeof row['name'] === 'string';
const page = async (limit: number, rows: ReturnType<typeof list>) =>
  (await wholeRows(limit, isNamed, readerOf(rows))).map((row) => row['n']);

describe('wholeRows', () => {
  it('fills a page over rows that are not whole, and ends where the list ends', async () => {
    const rows = list(40, (n) => n % 10 === 9);
    expect(await page(2, rows)).toEqual([9, 19]);
    expect(await page(4, rows)).toEqual([9, 19, 29, 39]);
    expect(await page(5, rows)).toEqual([9, 19, 29, 39]);
  });

  it('reads no more than the page when all are whole', async () => {
    let reads = 0;
    const read = readerOf(list(10, () => true));
    const found = await wholeRows(4, isNamed, (after, size) => {
      reads++;
      return read(after, size);
    });
    expect([found.length, reads]).toEqual([4, 1]);
  });

  it('gives up instead of reading on without end', async () => {
    await expect(wholeRows(1, isNamed, () => Promise.resolve(list(2_000, () => false)))).rejects.toThrow(
      /only 0 rows/,
    );
  });
});
