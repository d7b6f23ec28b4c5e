import type { Row } from '@meridian/cassandra';
import { describe, expect, it } from 'vitest';
import { createPagePlaces } from './page-places.ts';
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
      for await (const _rows of rowPages(3, read, { signal: gone.signal })) gone.abort(new Error('gone'));
    })();
    await expect(reading).rejects.toThrow('gone');
    expect(asked).toEqual([undefined]);
  });

  it('holds a bounded number of rows of all questions, and few rows do not wait for many', async () => {
    const process = createPagePlaces();
    const gate = Promise.withResolvers<void>();
    const held = { rows: 0, most: 0, large: 0 };
    async function readAll(count: number): Promise<void> {
      const places = process.ofQuestion();
      for await (const rows of rowPages(5_000, partitionOf(count).read, { places })) {
        held.rows += rows.length;
        held.most = Math.max(held.most, held.rows);
        held.large += rows.length > 500 ? 1 : 0;
        if (rows.length > 500) await gate.promise;
        held.rows -= rows.length;
      }
      places.end();
    }
    const many = Array.from({ length: 200 }, () => readAll(10_000));
    await expect.poll(() => held.large).toBe(6);
    await readAll(3);
    gate.resolve();
    await Promise.all(many);
    expect(held.large).toBe(400);
    expect(held.most).toBeLessThanOrEqual(6 * 5_000 + 64 * 500);
  });

  it('gives up its wait for a place, and its place, when nobody waits for it', async () => {
    const process = createPagePlaces();
    const questions = Array.from({ length: 6 }, () => process.ofQuestion());
    await Promise.all(questions.map((question) => question.take(5_000)));
    const gone = new AbortController();
    const waiting = process.ofQuestion();
    const waited = waiting.take(5_000, gone.signal);
    gone.abort(new Error('gone'));
    await expect(waited).rejects.toThrow('gone');
    waiting.end();
    const next = process.ofQuestion().take(5_000);
    questions[0]?.end();
    await next;
  });
});
