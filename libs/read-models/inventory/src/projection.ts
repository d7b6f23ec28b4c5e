import type { StockLevel } from '@meridian/contracts';
import { type Mutation, type Projection, type RecordedEvent, remove, write } from '@meridian/projection';
import { bandOf } from './band.ts';
import { findAvailability } from './find-availability.ts';
import { availability, stockByBand } from './tables.ts';

/** Keeps the inventory's read model. */
export const inventoryProjection: Projection = {
  name: 'inventory',
  version: 1,
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
  async leaveLists(reader, { aggregateId: product_id, shard: bucket }) {
    const stock = await findAvailability(reader, product_id);
    if (!stock) return [];
    return [remove(stockByBand, { band: bandOf(stock.onHand - stock.reserved), bucket, product_id })];
  },
};

function stockChanged(event: RecordedEvent, level: StockLevel): readonly Mutation[] {
  const { aggregateId: product_id, shard: bucket, version, position } = event;
  const cells = { on_hand: level.onHand, reserved: level.reserved, version, position };
  const oldBand = bandOf(level.oldOnHand - level.oldReserved);
  const band = bandOf(level.onHand - level.reserved);
  const mutations = [
    write(availability, { bucket, product_id }, cells),
    write(stockByBand, { band, bucket, product_id }, cells),
  ];
  if (oldBand !== band && version > 1n)
    mutations.push(remove(stockByBand, { band: oldBand, bucket, product_id }));
  return mutations;
}
