import type { Row } from '@meridian/cassandra';
import { mergePositions, partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { Reader } from '@meridian/projection';
import { describe, expect, it } from 'vitest';
import { listLowStock, LOW_STOCK_START } from './list-low-stock.ts';
import { availability, stockByBand } from './tables.ts';

/** A product that is listed in a band, with its own row. */
interface Stock {
  readonly product_id: string;
  readonly band: number;
  readonly on_hand: bigint;
  readonly position: bigint;
}

/** A reader of these products. */
function readerOf(stock: readonly Stock[]): Reader {
  const inBucket = (bucket: unknown) => stock.filter(({ product_id }) => shardOf(product_id) === bucket);
  const rowOf = (one: Stock): Row => ({ ...one, version: 1n, reserved: 0n });
  return {
    generation: 1,
    async select({ name }, _columns, _rest, params) {
      if (name === availability.name)
        return inBucket(params[0])
          .filter(({ product_id }) => params.includes(product_id))
          .map(rowOf);
      if (name !== stockByBand.name) throw new Error(`${name} is not asked for`);
      const [band, bucket, afterId, limit] = params;
      return inBucket(bucket)
        .filter((one) => one.band === band && one.product_id > String(afterId))
        .toSorted((a, b) => (a.product_id < b.product_id ? -1 : 1))
        .slice(0, Number(limit))
        .map(rowOf);
    },
  };
}

const eventOf = ({ product_id, position }: Stock) =>
  new Map([[partitionKey('inventory', shardOf(product_id)), position]]);

describe('the list of low stock', () => {
  it('names the events that keep a product out of it, not only those of products in it', async () => {
    const low = { product_id: 'low', band: 1, on_hand: 5n, position: 10n };
    const aboveThreshold = { product_id: 'above', band: 1, on_hand: 8n, position: 20n };
    // Its row of the list was left behind.
    const inAnotherBand = { product_id: 'moved', band: 1, on_hand: 50n, position: 30n };
    const reader = readerOf([low, aboveThreshold, inAnotherBand]);
    const { rows, includes } = await listLowStock(reader, 7n, LOW_STOCK_START, 10);
    expect(rows.map(({ productId }) => productId)).toEqual(['low']);
    expect(includes).toEqual(mergePositions(...[low, aboveThreshold, inAnotherBand].map(eventOf)));
    const nothing = await listLowStock(readerOf([aboveThreshold]), 7n, LOW_STOCK_START, 10);
    expect(nothing).toEqual({ rows: [], next: undefined, includes: eventOf(aboveThreshold) });
  });

  it('is read no further once nobody waits', async () => {
    const stock = Array.from({ length: 2_000 }, (_, n) => {
      return { product_id: `p-${n}`, band: 1, on_hand: 8n, position: 1n };
    });
    const given = readerOf(stock);
    const gone = new AbortController();
    let selects = 0;
    const select: Reader['select'] = (...question) => {
      selects += 1;
      gone.abort(new Error('nobody waits'));
      return given.select(...question);
    };
    const page = listLowStock({ ...given, select }, 7n, LOW_STOCK_START, 10, gone.signal);
    await expect(page).rejects.toThrow('nobody waits');
    // The buckets of the first chunk, which are read at once.
    expect(selects).toBe(12);
  });

  it('names no events of what it did not come to', async () => {
    const stock = ['a', 'b', 'c', 'd'].map((product_id, n) => {
      return { product_id, band: 1, on_hand: 5n, position: BigInt(n + 1) };
    });
    const [first, second] = stock;
    const { rows, includes } = await listLowStock(readerOf(stock), 7n, LOW_STOCK_START, 1);
    expect(rows.map(({ productId }) => productId)).toEqual(['a']);
    // The second one tells that there is a next page.
    expect(includes).toEqual(mergePositions(eventOf(first!), eventOf(second!)));
  });
});
