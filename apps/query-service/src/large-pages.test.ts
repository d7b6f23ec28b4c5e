import type { Row } from '@meridian/cassandra';
import type { Reader } from '@meridian/projection';
import { productSalesBetween } from '@meridian/read-model-sales';
import { createPagePlaces, type Progress } from '@meridian/read-store';
import { expect, it } from 'vitest';
import { answer } from './answering.ts';
import { callWithin, modelWith, unused, watchWith } from './testing/stand-ins.ts';

const progress: Progress = { positions: new Map(), highest: 1n, eventTime: undefined };
const nothing = { events: [], readAtMs: -Infinity };

/** Days of 1,500 products each, and how many rows of large pages were asked for and not used up yet. */
function days() {
  const row: Row = { product_id: 'p', kafka_partition: 0, product_name: 'p', units: 1n, revenue_minor: 3n };
  const held = { rows: 0, most: 0, large: 0 };
  const select: Reader['select'] = async (_table, _columns, rest, params) => {
    const limit = Number(params.at(-1));
    if (limit > 500) {
      held.large += 1;
      held.rows += limit;
      held.most = Math.max(held.most, held.rows);
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (limit > 500) held.rows -= limit;
    const count = rest.includes(' > ') ? 1_000 : Math.min(limit, 1_500);
    return Array.from({ length: count }, () => ({ ...row, last_position: 1n }));
  };
  return { held, reader: { generation: 1, select } };
}

it('many questions about many rows have a bounded number of rows at once, and all are answered', async () => {
  const { held, reader } = days();
  const model = modelWith('orders', {
    reader,
    pages: createPagePlaces(),
    watch: watchWith({ waitFor: () => Promise.resolve(progress) }),
    parked: {
      asOf: async () => ({ aggregates: 0, readAtMs: -Infinity, of: async () => nothing }),
      mayLack: unused,
    },
  });
  const question = { fromDay: '2026-01-01', toDay: '2026-01-08', currency: 'GBP' };
  const asked = Array.from({ length: 50 }, () =>
    answer(
      model,
      undefined,
      callWithin(600_000),
      ({ reader: pages, signal }) => productSalesBetween(pages, { ...question, signal }),
      { includes: ({ includes }) => [includes] },
    ),
  );
  const units = (await Promise.all(asked)).map(({ value }) => value.products[0]?.units);
  expect(new Set(units)).toEqual(new Set([8n * 1_500n]));
  expect(held.large).toBe(50 * 8);
  expect(held.most).toBeLessThanOrEqual(6 * 4 * 5_000);
});
