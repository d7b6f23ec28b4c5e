import { defineTable, type Projection, remove, write } from '@meridian/projection';
import { bandOf } from '../band.ts';
import { availability } from '../tables.ts';

/** The list of version 1: each row had the pieces as well, and was written with every event. */
const stockByBand = defineTable({
  name: 'stock_by_band',
  partitionKey: { band: 'int', bucket: 'int' },
  clusteringKey: { product_id: 'text' },
  columns: { on_hand: 'bigint', reserved: 'bigint', version: 'bigint', position: 'bigint' },
});

/** What version 1 of the inventory wrote: its generations answer until the next version is promoted, and after a rollback. */
export const inventoryVersion1: Projection = {
  name: 'inventory',
  version: 1,
  contexts: ['inventory'],
  tables: [availability, stockByBand],
  project({ data, aggregateId: product_id, shard: bucket, version, position }) {
    const level = 'level' in data ? data.level : undefined;
    if (!level) return [];
    const cells = { on_hand: level.onHand, reserved: level.reserved, version, position };
    const oldBand = bandOf(level.oldOnHand - level.oldReserved);
    const band = bandOf(level.onHand - level.reserved);
    return [
      write(availability, { bucket, product_id }, cells),
      write(stockByBand, { band, bucket, product_id }, cells),
      ...(oldBand !== band && version > 1n
        ? [remove(stockByBand, { band: oldBand, bucket, product_id })]
        : []),
    ];
  },
};
