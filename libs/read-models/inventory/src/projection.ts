import type { StockLevel } from '@meridian/contracts';
import { type Mutation, type Projection, type RecordedEvent, remove, write } from '@meridian/projection';
import { bandOf, BANDS } from './band.ts';
import { availability, stockByBand } from './tables.ts';

/** Keeps the inventory's read model. */
export const inventoryProjection: Projection = {
  name: 'inventory',
  version: 2,
  contexts: ['inventory'],
  tables: [availability, stockByBand],
  roundMs: 50,
  project(event) {
    switch (event.type) {
      case 'StockReceived':
      case 'StockAdjusted':
      case 'StockReserved':
      case 'StockReleased':
      case 'StockShipped':
      case 'StockReturned':
        return event.data.level ? stockChanged(event, event.data.level) : [];
      default:
        return [];
    }
  },
  // Which band the next event finds the product in is not known, and an event writes no row of the band that it stays in.
  mendLists: (_reader, { aggregateId: product_id, shard: bucket }) =>
    Promise.resolve(BANDS.map((band) => write(stockByBand, { bucket, band, product_id }, { version: 0n }))),
};

function stockChanged(event: RecordedEvent, level: StockLevel): readonly Mutation[] {
  const { aggregateId: product_id, shard: bucket, version, position } = event;
  const cells = { on_hand: level.onHand, reserved: level.reserved, version, position };
  const mutations = [write(availability, { bucket, product_id }, cells)];
  const oldBand = bandOf(level.oldOnHand - level.oldReserved);
  const band = bandOf(level.onHand - level.reserved);
  const isFirst = version === 1n;
  if (isFirst || oldBand !== band)
    mutations.push(write(stockByBand, { bucket, band, product_id }, { version }));
  if (!isFirst && oldBand !== band)
    mutations.push(remove(stockByBand, { bucket, band: oldBand, product_id }));
  return mutations;
}
