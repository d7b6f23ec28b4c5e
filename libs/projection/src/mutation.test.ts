import { describe, expect, it } from 'vitest';
import { add, remove, write, writeStatic } from './mutation.ts';
import { defineTable, defineTotals } from './table.ts';

const rows = defineTable({
  name: 'thing',
  partitionKey: { id: 'text' },
  clusteringKey: { version: 'bigint' },
  columns: { name: 'text', amount: 'bigint' },
  staticColumns: { owner: 'text' },
});
const totals = defineTotals({
  name: 'total',
  partitionKey: { day: 'text' },
  columns: { amount: 'bigint', label: 'text' },
});
const key = { id: 'a', version: 1n };

describe('a mutation', () => {
  it('says what it writes', () => {
    expect(write(rows, key, { amount: 3n })).toMatchObject({ kind: 'write', key, cells: { amount: 3n } });
    expect(writeStatic(rows, { id: 'a' }, { owner: 'b' })).toMatchObject({ kind: 'write-static' });
    expect(remove(rows, key)).toMatchObject({ kind: 'remove', key });
    expect(add(totals, { day: 'd' }, { amount: 2n }, { label: 'x' })).toMatchObject({
      kind: 'add',
      addends: { amount: 2n },
      labels: { label: 'x' },
    });
  });

  it('that would not be idempotent, or touch what other aggregates write, does not compile', () => {
    const refused = [
      // @ts-expect-error -- a total is added to, never written: another event's share would be lost
      () => write(totals, { day: 'd' }, { amount: 1n }),
      // @ts-expect-error -- nor is it removed
      () => remove(totals, { day: 'd' }),
      // @ts-expect-error -- a row is written, never added to: a repeat would count twice
      () => add(rows, key, { amount: 1n }),
      // @ts-expect-error -- the whole key names a row
      () => write(rows, { id: 'a' }, { amount: 1n }),
      // @ts-expect-error -- a column that the table has not
      () => write(rows, key, { colour: 'red' }),
      // @ts-expect-error -- a static cell belongs to the partition
      () => write(rows, key, { owner: 'b' }),
      // @ts-expect-error -- a value of another type
      () => write(rows, key, { amount: 1 }),
      // @ts-expect-error -- a label is no sum
      () => add(totals, { day: 'd' }, { label: 1n }),
      // @ts-expect-error -- what was read is not there to be changed
      () => write(rows, key, { amount: (before: bigint) => before + 1n }),
    ];
    expect(refused).toHaveLength(9);
  });
});
