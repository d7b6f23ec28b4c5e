import type { Statement } from '@meridian/cassandra';
import { defineTable, type FoldedRow } from '@meridian/projection';
import { describe, expect, it } from 'vitest';
import { createRowWriter } from './row-writer.ts';

const stock = defineTable({
  name: 'stock',
  partitionKey: { bucket: 'int' },
  clusteringKey: { product_id: 'text' },
  columns: { pieces: 'bigint' },
});
const list = defineTable({
  name: 'list',
  partitionKey: { shard: 'int' },
  clusteringKey: { band: 'int', product_id: 'text' },
  columns: { version: 'bigint' },
});
const headed = defineTable({
  name: 'headed',
  partitionKey: { number: 'int' },
  clusteringKey: { step: 'bigint' },
  staticColumns: { head: 'text' },
  columns: { note: 'text' },
});

const row = (
  table: FoldedRow['table'],
  key: FoldedRow['key'],
  cells: FoldedRow['cells'],
  isStatic = false,
  writtenAt = 3n,
): FoldedRow => ({ table, key, cells, isStatic, writtenAt });

async function sentOf(rows: readonly FoldedRow[]): Promise<readonly (readonly Statement[])[]> {
  const sent: (readonly Statement[])[] = [];
  const session = {
    placementOf: () => undefined,
    execute: () => Promise.reject(new Error('nothing is read')),
    executeIf: () => Promise.reject(new Error('nothing is decided')),
    batch: () => Promise.reject(new Error('rows go another way')),
    schema: () => Promise.reject(new Error('no table is made')),
    close: () => Promise.resolve(),
  };
  await createRowWriter({ session, keyspace: 'k', generation: 1 }).writeBy(rows, (statements) => {
    sent.push(statements);
    return Promise.resolve();
  });
  return sent;
}
const tablesOf = (statements: readonly Statement[]) =>
  statements.map(({ cql }) => /k\.(\w+)_g1/.exec(cql)?.[1]);

describe('the row writer', () => {
  it('sends rows of one partition key together, whichever tables they are in', async () => {
    const sent = await sentOf([
      row(stock, { bucket: 1, product_id: 'a' }, { pieces: 1n }),
      row(stock, { bucket: 2, product_id: 'b' }, { pieces: 1n }),
      row(list, { shard: 1, band: 0, product_id: 'a' }, { version: 1n }),
    ]);
    expect(sent.map(tablesOf)).toEqual([['stock', 'list'], ['stock']]);
  });

  it('writes static cells in one statement with a row of their own table only', async () => {
    const [sent = []] = await sentOf([
      row(stock, { bucket: 1, product_id: 'a' }, { pieces: 1n }),
      row(headed, { number: 1 }, { head: 'h' }, true),
      row(headed, { number: 1, step: 1n }, { note: 'n' }),
    ]);
    expect(tablesOf(sent)).toEqual(['stock', 'headed']);
    expect(sent[1]?.cql).toContain('(number, step, note, head)');
  });

  it('writes the static cells of several events each with the row that the same event wrote', async () => {
    const [sent = []] = await sentOf([
      row(headed, { number: 1 }, { head: 'of 3' }, true, 3n),
      row(headed, { number: 1, step: 1n }, { note: 'n1' }, false, 3n),
      row(headed, { number: 1, step: 2n }, { note: 'n2' }, false, 5n),
      row(headed, { number: 1 }, { head: 'of 5' }, true, 5n),
      row(headed, { number: 1, step: 3n }, { note: 'n3' }, false, 5n),
      row(headed, { number: 1 }, { head: 'of 7' }, true, 7n),
    ]);
    expect(sent.map(({ params }) => params)).toEqual([
      [1, 'of 7', 7n],
      [1, 1n, 'n1', 'of 3', 3n],
      [1, 2n, 'n2', 'of 5', 5n],
      [1, 3n, 'n3', 5n],
    ]);
  });
});
