import { defineTable, type FoldedRow } from '@meridian/projection';
import { describe, expect, it } from 'vitest';
import { createConstantRows } from './constant-rows.ts';

const spec = { partitionKey: { product_id: 'text' }, columns: { seen: 'boolean' } } as const;
const seen = defineTable({ ...spec, name: 'seen', isConstant: true });
const newest = defineTable({ ...spec, name: 'newest' });

/** The rows of one event about each product, in a constant table or in another. */
function rowsOf(table: typeof seen, productIds: readonly string[]): readonly FoldedRow[] {
  return productIds.flatMap((product_id) => [
    { table, key: { product_id }, isStatic: false, writtenAt: 3n, cells: { seen: true } },
  ]);
}
const idsOf = (rows: readonly FoldedRow[]) => rows.map(({ key }) => key['product_id']);

describe('rows of a constant table', () => {
  it('are missing until every region has acknowledged them, and after they were forgotten', () => {
    const constants = createConstantRows();
    const rows = rowsOf(seen, ['a', 'b']);
    expect(idsOf(constants.missing(rows))).toEqual(['a', 'b']);
    expect(idsOf(constants.missing(rows))).toEqual(['a', 'b']);
    constants.acknowledged(rowsOf(seen, ['a']));
    expect(idsOf(constants.missing(rows))).toEqual(['b']);
    constants.forget();
    expect(idsOf(constants.missing(rows))).toEqual(['a', 'b']);
  });

  it('are kept within a bound: those that were not asked about for longest are forgotten', () => {
    const constants = createConstantRows(2);
    constants.acknowledged(rowsOf(seen, ['a', 'b']));
    constants.missing(rowsOf(seen, ['a']));
    constants.acknowledged(rowsOf(seen, ['c']));
    expect(idsOf(constants.missing(rowsOf(seen, ['a', 'b', 'c'])))).toEqual(['b']);
  });
});

it('rows of other tables are always missing', () => {
  const constants = createConstantRows();
  const rows = rowsOf(newest, ['a']);
  constants.acknowledged(rows);
  expect(constants.missing(rows)).toEqual(rows);
});
