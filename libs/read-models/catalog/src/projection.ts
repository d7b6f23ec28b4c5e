import { type Projection, write } from '@meridian/projection';
import { products } from './tables.ts';

/** Keeps the catalogue's read model. */
export const catalogProjection: Projection = {
  name: 'catalog',
  version: 1,
  contexts: ['catalog'],
  tables: [products],
  project(event) {
    const key = { bucket: event.shard, product_id: event.aggregateId };
    const { version, position } = event;
    switch (event.type) {
      case 'ProductCreated': {
        const { name, price } = event.data;
        const cells = {
          name,
          price_minor: price?.amountMinor,
          currency: price?.currencyCode,
          discontinued: false,
        };
        return [write(products, key, { ...cells, version, position })];
      }
      case 'PriceChanged':
        return [write(products, key, { price_minor: event.data.newPrice?.amountMinor, version, position })];
      case 'ProductDiscontinued':
        return [write(products, key, { discontinued: true, version, position })];
      default:
        return [];
    }
  },
};
