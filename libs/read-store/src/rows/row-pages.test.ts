import type { Row } from '@meridian/cassandra';
import { describe, expect, it } from 'vitest';
import { rowPages } from './row-pages.ts';

/** Rows 1 to n, and after which of them was read. */
function partitionOf(count: number) {
  const asked: unknown[] = [];
  const read = async (after: Row | undefined, size: number) => {
    asked.push(after?.['n']);
    const first = Number(after?.['n'] ?? 0) + 1;
    return Array.from({ length: Math.min(size, count - first + 1) }, (_, index) => ({ n: first + index }));
  };
  return { asked, read };
}

describe('rowPages', () => {
  it.each([
    [0, [], [undefined]],
    [2, [[1, 2]], [undefined]],
    [3, [[1, 2, 3]], [undefined, 3]],
    [4, [[1, 2, 3], [4]], [undefined, 3]],
  ])('reads %i rows by three, up to a page that is not full', async (count, pages, afters) => {
    const { asked, read } = partitionOf(count);
    const seen: unknown[] = [];
    for await (const rows of rowPages(3, read)) seen.push(rows.map(({ n }) => n));
    expect(seen).toEqual(pages);
    expect(asked).toEqual(afters);
  });

  it('reads no more when nobody waits', async () => {
    const { asked, read } = partitionOf(9);
    const gone = new AbortController();
    const reading = (async () => {
      for await (const _rows of rowPages(3, read, gone.signal)) gone.abort(new Error('gone'));
    })();
    await expect(reading).rejects.toThrow('gone');
    expect(asked).toEqual([undefined]);
  });
});
