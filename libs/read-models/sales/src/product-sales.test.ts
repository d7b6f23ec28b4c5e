import { unlessAborted } from '@meridian/async';
import type { Row } from '@meridian/cassandra';
import { partitionKey } from '@meridian/contracts';
import type { PagePlaces, Reader } from '@meridian/projection';
import { describe, expect, it } from 'vitest';
import { MOST_SHARES, productSalesBetween, TooManySalesError } from './product-sales.ts';

/** A reader of days that each hold so many products, each with a share of two Kafka partitions; it heeds LIMIT. */
function reading(productsADay: number) {
  const seen = { reads: 0, most: 0, atOnce: 0, mostAtOnce: 0 };
  const select: Reader['select'] = async (_table, _columns, rest, params) => {
    seen.reads += 1;
    seen.mostAtOnce = Math.max(seen.mostAtOnce, ++seen.atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    seen.atOnce -= 1;
    const limit = rest.includes('LIMIT ?') ? Number(params.at(-1)) : Infinity;
    const [, , id, share] = rest.includes(' > ') ? params : ['', '', '', -1];
    const from = id === '' ? 0 : 2 * Number(id) + Number(share) + 1;
    const to = Math.min(2 * productsADay, from + limit);
    const rows = Array.from({ length: to - from }, (_, n): Row => {
      const at = from + n;
      return {
        product_id: String(at >> 1).padStart(6, '0'),
        kafka_partition: at % 2,
        product_name: `name ${at}`,
        units: 1n,
        revenue_minor: 3n,
        last_position: BigInt(at + 1),
      };
    });
    seen.most = Math.max(seen.most, rows.length);
    return rows;
  };
  return { seen, reader: { generation: 1, select } };
}

const days = (toDay: string) => ({ fromDay: '2026-01-01', toDay, currency: 'GBP' });

describe('the sales of products', () => {
  it('are added up over days and partitions, a part at a time, with a few days at once', async () => {
    const { seen, reader } = reading(6_000);
    const { products, includes } = await productSalesBetween(reader, days('2026-01-10'));
    expect(products).toHaveLength(6_000);
    expect(products[5_999]).toEqual({
      productId: '005999',
      productName: 'name 11999',
      units: 20n,
      revenueMinor: 60n,
    });
    expect(includes).toEqual(
      new Map([
        [partitionKey('orders', 0), 11_999n],
        [partitionKey('orders', 1), 12_000n],
      ]),
    );
    expect(seen).toMatchObject({ most: 5_000, mostAtOnce: 4 });
  });

  it('are refused when the days hold too many, before all of them are read', async () => {
    const { seen, reader } = reading(20_000);
    await expect(productSalesBetween(reader, days('2026-12-31'))).rejects.toThrow(TooManySalesError);
    expect(seen.reads).toBeLessThan(MOST_SHARES / 5_000 + 20);
  });

  it('are read no further once nobody waits', async () => {
    const { seen, reader } = reading(6_000);
    const signal = AbortSignal.abort(new Error('nobody waits'));
    await expect(productSalesBetween(reader, { ...days('2026-12-31'), signal })).rejects.toThrow(
      'nobody waits',
    );
    expect(seen.reads).toBeLessThan(12);
  });

  it('are read no further once nobody waits, also over days without sales', async () => {
    const { seen, reader } = reading(0);
    const gone = new AbortController();
    const select: Reader['select'] = (...question) => {
      gone.abort(new Error('nobody waits'));
      return reader.select(...question);
    };
    const sums = productSalesBetween({ ...reader, select }, { ...days('2026-03-31'), signal: gone.signal });
    await expect(sums).rejects.toThrow('nobody waits');
    expect(seen.reads).toBeLessThanOrEqual(4);
  });

  it('end their wait for a place with their signal', async () => {
    const gone = new AbortController();
    const waits = Promise.withResolvers<void>();
    const pages: PagePlaces = {
      take(rows, signal) {
        if (rows <= 500) return Promise.resolve(() => undefined);
        waits.resolve();
        return unlessAborted(signal, new Promise<never>(() => undefined));
      },
    };
    const { reader } = reading(6_000);
    const sums = productSalesBetween({ ...reader, pages }, { ...days('2026-01-01'), signal: gone.signal });
    await waits.promise;
    gone.abort(new Error('nobody waits'));
    await expect(sums).rejects.toThrow('nobody waits');
  });
});
