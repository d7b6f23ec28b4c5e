import type { Reader } from '@meridian/projection';
import { expect, it } from 'vitest';
import { listDailySales } from './daily-sales.ts';
import { productSalesBetween } from './product-sales.ts';

const MAX = 2n ** 63n - 1n;
const reading = (rows: Awaited<ReturnType<Reader['select']>>): Reader => ({
  generation: 1,
  select: () => Promise.resolve(rows),
});
const DAY = '2001-01-01';

it('sums of several partitions stop at the end of 64 bits, so that a day can always be answered', async () => {
  const row = (kafka_partition: number) => ({
    day: DAY,
    country: 'France',
    currency: 'GBP',
    kafka_partition,
    last_position: 9n,
    orders_placed: 8n,
    orders_cancelled: 0n,
    placed_minor: MAX - 1n,
    cancelled_minor: 0n,
    returned_minor: 1n,
  });
  const asked = { fromDay: DAY, toDay: DAY, limit: 10 };
  const { rows } = await listDailySales(reading([row(0), row(1)]), asked);
  const [sold, ...others] = rows;
  expect(others).toEqual([]);
  expect(sold).toMatchObject({ ordersPlaced: 16n, placedMinor: MAX, returnedMinor: 2n });
});

it('so do the sums of a product', async () => {
  const row = (kafka_partition: number) => ({
    product_id: 'p',
    product_name: 'P',
    units: MAX,
    revenue_minor: MAX,
    kafka_partition,
    last_position: 9n,
  });
  const asked = { fromDay: DAY, toDay: DAY, currency: 'GBP' };
  const { products } = await productSalesBetween(reading([row(0), row(1)]), asked);
  expect(products).toMatchObject([{ productId: 'p', units: MAX, revenueMinor: MAX }]);
});
