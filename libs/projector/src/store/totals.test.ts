import {
  type Contribution,
  type FoldedRow,
  defineTotals,
  KAFKA_PARTITION,
  LAST_POSITION,
  rowIdOf,
  toTotal,
} from '@meridian/projection';
import { sold, soldAt } from '@meridian/projection/testing/contributions';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeptTotals } from './kept-totals.ts';
import type { TotalReads } from './total-reads.ts';
import { createTotals, deferredTotals } from './totals.ts';

/** A store of totals: the row with the highest timestamp wins. Reads fail after `failAfter` rows. */
function store() {
  const rows = new Map<string, FoldedRow>();
  const read: string[] = [];
  const told: { failAfter: number | undefined } = { failAfter: undefined };
  const nameOf = (share: unknown, id: string) => `${String(share)} ${id}`;
  const reads: TotalReads = {
    async read(share, wanted, onRead) {
      let left = told.failAfter ?? wanted.size;
      for (const [id, { table, key }] of wanted) {
        await Promise.resolve();
        if (left-- === 0) throw new Error('the store is busy');
        read.push(nameOf(share, id));
        const cells = rows.get(nameOf(share, id))?.cells as Parameters<typeof toTotal>[2];
        onRead(id, toTotal(table, { ...key, [KAFKA_PARTITION]: share }, cells));
      }
    },
  };
  const write = (written: readonly FoldedRow[]) => {
    for (const row of written) {
      const name = nameOf(row.key[KAFKA_PARTITION], rowIdOf(row.table, row.key));
      if ((rows.get(name)?.writtenAt ?? 0n) <= (row.writtenAt ?? 0n)) rows.set(name, row);
    }
  };
  return { rows, read, reads, told, write };
}

const unitsOf = (rows: Iterable<FoldedRow>) =>
  new Map(
    [...rows].map(({ key, cells }) => [
      `${String(key[KAFKA_PARTITION])} ${String(key['item'])}`,
      cells['units'],
    ]),
  );

describe('totals', () => {
  it('keep what was read when a read fails: every try comes further, and nothing is read twice', async () => {
    const { reads, told, read } = store();
    const totals = createTotals(reads, { maxRows: 3, maxBytes: 1e6 });
    const contributions = Array.from({ length: 10 }, (_, n) => soldAt(1n, `item-${n}`));
    told.failAfter = 3;
    for (let tries = 0; tries < 3; tries++)
      await expect(totals.add(0, contributions)).rejects.toThrow('the store is busy');
    expect((await totals.add(0, contributions)).rows).toHaveLength(10);
    expect(read).toHaveLength(10);
    expect(new Set(read).size).toBe(10);
  });

  it('keep what was read when the write fails, and do not build upon what was not written', async () => {
    const { reads, read } = store();
    const totals = createTotals(reads);
    await totals.add(0, [soldAt(1n, 'a', 5n), soldAt(2n, 'b', 7n)]);
    const again = await totals.add(0, [soldAt(1n, 'a', 5n)]);
    expect(unitsOf(again.rows)).toEqual(new Map([['0 a', 5n]]));
    expect(read).toHaveLength(2);
  });

  it('give every total that is named, though all is in it: another region may lack it', async () => {
    const { reads, write } = store();
    const contributions = [soldAt(1n, 'a', 5n), soldAt(2n, 'b', 7n)];
    write((await createTotals(reads).add(0, contributions)).rows);
    const { rows } = await createTotals(reads).add(0, contributions.slice(0, 1));
    expect(rows.map(({ cells, writtenAt }) => ({ cells, writtenAt }))).toEqual([
      { cells: { units: 5n, last_name: 'at 1', [LAST_POSITION]: 1n }, writtenAt: 3n },
    ]);
  });

  it('go on with what they know of the other totals when there are more than they may keep', async () => {
    const { reads, read, write } = store();
    const totals = createTotals(reads, { maxRows: 4, maxBytes: 1e6 });
    const add = async (...contributions: Contribution[]) => {
      const added = await totals.add(0, contributions);
      write(added.rows);
      added.written();
    };
    await add(soldAt(1n, 'a'), soldAt(2n, 'b'), soldAt(3n, 'c'), soldAt(4n, 'd'));
    await add(soldAt(5n, 'a'), soldAt(6n, 'e'));
    read.length = 0;
    await add(soldAt(7n, 'a'), soldAt(8n, 'c'), soldAt(9n, 'd'), soldAt(10n, 'e'));
    expect(read).toEqual([]);
    await add(soldAt(11n, 'b'));
    expect(read).toHaveLength(1);
  });

  const step = fc.record({ item: fc.nat({ max: 7 }), units: fc.bigInt(-9n, 9n), isNext: fc.boolean() });
  const mishap = fc.oneof(
    fc.record({ failAfter: fc.nat({ max: 8 }) }),
    fc.constantFrom('nothing is written', 'all is written', 'the partition goes and comes back'),
  );
  const batch = fc.record({
    partition: fc.nat({ max: 1 }),
    steps: fc.array(step, { minLength: 1, maxLength: 12 }),
    mishaps: fc.array(mishap, { maxLength: 4 }),
  });

  it('are exact whatever fails, is forgotten or has to be read again', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(batch, { maxLength: 12 }),
        fc.integer({ min: 1, max: 10 }),
        async (all, maxRows) => {
          const { reads, told, write, rows } = store();
          const totals = createTotals(reads, { maxRows, maxBytes: 1e6 });
          const expected = new Map<string, bigint>();
          let position = 0n;
          for (const { partition, steps, mishaps } of all) {
            position += 1n;
            const contributions = steps.map(({ item, units, isNext }) => {
              const name = `${partition} item-${item}`;
              expected.set(name, (expected.get(name) ?? 0n) + units);
              // This is another step of the same event, or the next event.
              if (isNext) position += 1n;
              return soldAt(position, `item-${item}`, units);
            });
            for (const one of mishaps) {
              told.failAfter = typeof one === 'object' ? one.failAfter : undefined;
              const added = await totals.add(partition, contributions).catch(() => undefined);
              if (one === 'all is written' && added) write(added.rows);
              if (one === 'the partition goes and comes back') {
                totals.forget();
                added?.written();
              }
            }
            told.failAfter = undefined;
            const added = await totals.add(partition, contributions);
            write(added.rows);
            added.written();
          }
          expect(unitsOf(rows.values())).toEqual(expected);
        },
      ),
    ));
});

describe('kept totals', () => {
  it('are never more than allowed, in number and in bytes, and lose the least recently used first', () => {
    const ops = fc.array(
      fc.record({ take: fc.boolean(), name: fc.nat({ max: 20 }), long: fc.nat({ max: 400 }) }),
    );
    fc.assert(
      fc.property(
        ops,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 6_000 }),
        (all, maxRows, maxBytes) => {
          const kept = createKeptTotals({ maxRows, maxBytes });
          let order: string[] = [];
          for (const { take, name: number, long } of all) {
            const name = `n${number}`;
            order = order.filter((one) => one !== name);
            if (take) kept.take(name);
            else {
              const key = { day: 'monday', item: 'i'.repeat(long), country: 'UK' };
              kept.put(name, toTotal(sold, key, undefined));
              order.push(name);
            }
            const { rows, bytes } = kept.size();
            expect(rows).toBeLessThanOrEqual(maxRows);
            expect(bytes).toBeLessThanOrEqual(maxBytes);
            order = order.slice(order.length - rows);
          }
          const { rows } = kept.size();
          expect(order.filter((name) => kept.take(name)).length).toBe(rows);
          expect(kept.size()).toEqual({ rows: 0, bytes: 0 });
        },
      ),
    );
  });
});

describe('the totals of an event that is applied late', () => {
  const table = defineTotals({
    name: 'test_trade',
    partitionKey: { day: 'text' },
    columns: { sold: 'bigint', returned: 'bigint' },
  });
  const returned = { position: 7n, table, key: { day: 'monday' }, addends: { returned: 3n }, labels: {} };

  it('have every sum: a question reads those, too, that the event adds nothing to', async () => {
    const [row] = await deferredTotals(store().reads, 12, [returned]);
    expect(row?.cells).toEqual({ sold: 0n, returned: 3n, [LAST_POSITION]: 7n });
  });

  it('are the same when they are written again', async () => {
    const { reads, write } = store();
    const rows = await deferredTotals(reads, 12, [returned]);
    write(rows);
    expect(await deferredTotals(reads, 12, [returned])).toEqual(rows);
  });
});
