import {
  assertOrderChangesNothing,
  assertReplayChangesNothing,
  goldenHash,
  mutationsOf,
} from '@meridian/projection/testing';
import { describe, expect, it } from 'vitest';
import { catalogProjection } from './projection.ts';
import { created, discontinued, repriced } from './testing/events.ts';

const key = { bucket: 1, product_id: '85123A' };

const events = [created('85123A', 7n), repriced('85123A', 2n, 8n, 300n), discontinued('85123A', 3n, 9n)];

describe('the catalog projection', () => {
  it('writes a new product whole, in the bucket of its shard', () => {
    expect(mutationsOf(catalogProjection, created('85123A', 7n))).toEqual([
      {
        table: 'product',
        kind: 'write',
        key,
        cells: {
          name: 'name of 85123A',
          price_minor: 250n,
          currency: 'GBP',
          discontinued: false,
          version: 1n,
          position: 7n,
        },
      },
    ]);
  });

  it('writes only what a later event changed', () => {
    expect(
      mutationsOf(catalogProjection, repriced('85123A', 2n, 8n, 300n), discontinued('85123A', 3n, 9n)),
    ).toEqual([
      { table: 'product', kind: 'write', key, cells: { price_minor: 300n, version: 2n, position: 8n } },
      { table: 'product', kind: 'write', key, cells: { discontinued: true, version: 3n, position: 9n } },
    ]);
  });

  it('gives what this version has always given: changed output is a new version', () => {
    expect({
      version: catalogProjection.version,
      hash: goldenHash(catalogProjection, events),
    }).toEqual({ version: 1, hash: 'b1682ae7cc3ce62e57d59a06f96fef57e1729c6be7decbc06665b15a0cd5beb2' });
  });

  it('shows the same rows when events come again', () => {
    assertReplayChangesNothing(catalogProjection, events);
  });

  it('shows the same rows whichever events come first', () => {
    assertOrderChangesNothing(catalogProjection, events);
  });
});
