import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { openTestRows, type TestRows } from '@meridian/read-model-testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAvailability, listLowStock, LOW_STOCK_START, type AvailabilityRow } from './index.ts';
import { inventoryProjection } from './projection.ts';
import { stockMoved, stockReserved } from './testing/events.ts';
import { inventoryVersion1 } from './testing/version-1.ts';

/** Product n has n pieces. */
const count = 130;
const idOf = (n: number) => `product-${n}`;
const numberOf = (row: AvailabilityRow) => Number(row.onHand);

describe('questions to the inventory', () => {
  let rows: TestRows;
  beforeAll(async () => {
    rows = await openTestRows(inventoryProjection);
    await rows.apply(
      ...Array.from({ length: count }, (_, n) => stockMoved(idOf(n), 1n, BigInt(n + 1), [0n, BigInt(n)])),
    );
  });
  afterAll(() => rows.close());

  async function listAll(threshold: bigint, pageSize: number): Promise<AvailabilityRow[]> {
    const all: AvailabilityRow[] = [];
    for (let cursor = LOW_STOCK_START; ;) {
      const page = await listLowStock(rows.reader, threshold, cursor, pageSize);
      expect(page.rows.length).toBeLessThanOrEqual(pageSize);
      all.push(...page.rows);
      if (!page.next) return all;
      cursor = page.next;
    }
  }

  it('finds a stock, and says which event it includes', async () => {
    await rows.apply(stockReserved('found', 1n, 500n, { onHand: 500n, oldReserved: 0n, reserved: 20n }));
    expect(await findAvailability(rows.reader, 'found')).toEqual({
      productId: 'found',
      onHand: 500n,
      reserved: 20n,
      version: 1n,
      includes: new Map([[partitionKey('inventory', shardOf('found')), 500n]]),
    });
    expect(await findAvailability(rows.reader, 'nowhere')).toBeUndefined();
  });

  it('lists what is at or under the threshold, by band and then by id, whatever the page size', async () => {
    const band = (low: number, high: number) =>
      Array.from({ length: high - low + 1 }, (_, n) => idOf(low + n)).sort();
    const expected = [...band(0, 0), ...band(1, 9), ...band(10, 99), ...band(100, 104)];
    for (const pageSize of [1, 7, 105, 200]) {
      expect((await listAll(104n, pageSize)).map((row) => row.productId)).toEqual(expected);
    }
  });

  it('has no page after the last row', async () => {
    const page = await listLowStock(rows.reader, 9n, LOW_STOCK_START, 10);
    expect(page.rows.map(numberOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(page.next).toBeUndefined();
  });

  it('shows a product in one band only after it moved, even when the move comes again', async () => {
    const out = stockMoved(idOf(120), 2n, 601n, [120n, 0n]);
    const back = stockMoved(idOf(120), 3n, 602n, [0n, 120n]);
    await rows.apply(out);
    expect((await listAll(0n, 10)).map((row) => row.productId)).toEqual([idOf(0), idOf(120)]);
    await rows.apply(back);
    await rows.apply(out);
    await rows.apply(out, back);
    expect((await listAll(0n, 10)).map((row) => row.productId)).toEqual([idOf(0)]);
    expect((await listAll(129n, 200)).filter((row) => row.productId === idOf(120))).toHaveLength(1);
  });

  it('shows a product once when a row that was deleted has come back', async () => {
    // The second event names other old pieces: what it deletes is not the first row, which stays as if it had come back.
    await rows.apply(stockMoved('returned', 1n, 800n, [0n, 5n]));
    await rows.apply(stockMoved('returned', 2n, 801n, [50n, 700n]));
    const shown = async (threshold: bigint) =>
      (await listAll(threshold, 50)).filter(({ productId }) => productId === 'returned');
    expect(await shown(9n)).toEqual([]);
    expect(await shown(999n)).toMatchObject([{ onHand: 700n, version: 2n }]);
  });

  it('lists a product once, with its newest pieces, when an event that moved its band was discarded', async () => {
    await rows.apply(stockMoved('given-up', 1n, 900n, [0n, 5n]));
    // The event that is given up is the second, to 50 pieces. The third finds the product in that band and leaves it there.
    const where = { context: 'inventory', shard: shardOf('given-up'), aggregateId: 'given-up' } as const;
    const mended = (await inventoryProjection.mendLists?.(rows.reader, where)) ?? [];
    await rows.applyOf(stockMoved('given-up', 2n, 901n, [5n, 50n]), mended);
    const shown = async () => (await listAll(10n ** 18n, 200)).filter((row) => row.productId === 'given-up');
    expect(await shown()).toMatchObject([{ onHand: 5n, version: 1n }]);
    await rows.apply(stockMoved('given-up', 3n, 902n, [50n, 60n]));
    expect(await shown()).toMatchObject([{ onHand: 60n, version: 3n }]);
    await rows.apply(stockMoved('given-up', 4n, 903n, [60n, 0n]));
    expect(await shown()).toMatchObject([{ onHand: 0n, version: 4n }]);
  });
});

describe('questions to the inventory of a generation of version 1', () => {
  it('are answered as those to one of this version', async () => {
    const moves = [0n, 5n, 50n, 5n, 700n].map((level, n, all) => [all[n - 1] ?? 0n, level] as const);
    const events = ['pear', 'fig', 'plum'].flatMap((id, product) =>
      moves
        .slice(0, 3 + product)
        .map((move, n) => stockMoved(id, BigInt(n + 1), BigInt(10 * product + n + 1), move)),
    );
    const answers: unknown[] = [];
    for (const projection of [inventoryVersion1, inventoryProjection]) {
      const rows = await openTestRows(projection);
      try {
        await rows.apply(...events);
        const ask = (threshold: bigint) => listLowStock(rows.reader, threshold, LOW_STOCK_START, 10);
        answers.push([await ask(9n), await ask(99n), await ask(999n)]);
      } finally {
        await rows.close();
      }
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[0]).toMatchObject([
      { rows: [{ productId: 'fig', onHand: 5n }] },
      { rows: [{ productId: 'fig' }, { productId: 'pear', onHand: 50n }] },
      { rows: [{ productId: 'fig' }, { productId: 'pear' }, { productId: 'plum', onHand: 700n }] },
    ]);
  });
});
