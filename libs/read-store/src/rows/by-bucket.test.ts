import { shardOf } from '@meridian/kernel';
import type { BoundCell, Reader } from '@meridian/projection';
import { expect, it } from 'vitest';
import { rowsByBucket } from './by-bucket.ts';

/** A reader of products that are all there, but those named; keeps what was asked. */
function reading(...missing: readonly string[]) {
  const asked: { readonly rest: string; readonly params: readonly BoundCell[] }[] = [];
  const select: Reader['select'] = (_table, _columns, rest, params) => {
    asked.push({ rest, params });
    const [, ...ids] = params;
    const found = [...new Set(ids.map(String))].filter((id) => !missing.includes(id));
    return Promise.resolve(found.map((product_id) => ({ product_id })));
  };
  return { asked, reader: { generation: 1, select } };
}

it('reads a hundred ids by a dozen reads, each of ids of its bucket', async () => {
  const ids = Array.from({ length: 100 }, (_, n) => `p-${n}`);
  const { asked, reader } = reading('p-7');
  const rows = await rowsByBucket(reader, { name: 'product' }, 'product_id', [...ids, 'p-1']);
  expect(rows.map((row) => row['product_id']).sort()).toEqual(ids.filter((id) => id !== 'p-7').sort());
  expect(asked.length).toBeLessThanOrEqual(12);
  for (const { params } of asked) {
    const [bucket, ...bound] = params;
    expect(new Set(bound.map((id) => shardOf(String(id))))).toEqual(new Set([bucket]));
  }
  // Few texts, since each of them is prepared and kept.
  expect(new Set(asked.map(({ rest }) => rest)).size).toBeLessThanOrEqual(4);
  expect(asked.every(({ rest, params }) => rest.split('?').length - 1 === params.length)).toBe(true);
});

it('reads nothing where nothing is asked for', async () => {
  const { asked, reader } = reading();
  expect(await rowsByBucket(reader, { name: 'product' }, 'product_id', [])).toEqual([]);
  expect(asked).toEqual([]);
});
