import type { Row } from '@meridian/cassandra';
import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { whicheverReached, type GivenRows } from '@meridian/projection/testing';
import { expect, it } from 'vitest';
import { isProduct, productProvenUpTo, toProduct } from './find-product.ts';
import { catalogProjection } from './projection.ts';
import { products } from './tables.ts';
import { created, discontinued, repriced } from './testing/events.ts';

const events = [
  created('p', 7n),
  repriced('p', 2n, 8n, 300n),
  repriced('p', 3n, 9n, 400n),
  discontinued('p', 4n, 10n),
];

function shown(given: GivenRows) {
  const [row] = given.rows(products) as readonly (Row | undefined)[];
  return isProduct(row) ? toProduct(row) : undefined;
}

it('proves a product only up to where no event of it is missing, whichever reached a region', () => {
  let proven = 0;
  for (const { some, allUpTo } of whicheverReached(catalogProjection, events)) {
    const product = shown(some);
    const upTo = product && productProvenUpTo(product)?.get(partitionKey('catalog', shardOf('p')));
    if (upTo === undefined) continue;
    expect(product).toEqual(shown(allUpTo(upTo)));
    proven += 1;
  }
  // Every choice of price changes after the first event.
  expect(proven).toBe(4);
});
