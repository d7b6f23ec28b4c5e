import {
  assertOrderChangesNothing,
  assertReplayChangesNothing,
  goldenHash,
  mutationsOf,
} from '@meridian/projection/testing';
import { describe, expect, it } from 'vitest';
import { inventoryProjection } from './projection.ts';
import { stockMoved, stockReserved } from './testing/events.ts';

const cells = (onHand: bigint, reserved: bigint, version: bigint, position: bigint) => ({
  on_hand: onHand,
  reserved,
  version,
  position,
});
const inBand = (band: number) => ({ band, bucket: 1, product_id: '85123A' });

const events = [
  stockMoved('85123A', 1n, 7n, [0n, 50n]),
  stockReserved('85123A', 2n, 8n, { onHand: 50n, oldReserved: 0n, reserved: 45n }),
  stockMoved('85123A', 3n, 9n, [50n, 45n]),
];

describe('the inventory projection', () => {
  it('writes the stock, and the product into the band of what can be sold', () => {
    const event = stockReserved('85123A', 4n, 9n, { onHand: 50n, oldReserved: 10n, reserved: 30n });
    expect(mutationsOf(inventoryProjection, event)).toEqual([
      {
        table: 'availability',
        kind: 'write',
        key: { bucket: 1, product_id: '85123A' },
        cells: cells(50n, 30n, 4n, 9n),
      },
      { table: 'stock_by_band', kind: 'write', key: inBand(2), cells: cells(50n, 30n, 4n, 9n) },
    ]);
  });

  it('takes the product out of its old band when it changes band', () => {
    const event = stockReserved('85123A', 4n, 9n, { onHand: 50n, oldReserved: 10n, reserved: 50n });
    expect(mutationsOf(inventoryProjection, event).slice(1)).toEqual([
      { table: 'stock_by_band', kind: 'write', key: inBand(0), cells: cells(50n, 50n, 4n, 9n) },
      { table: 'stock_by_band', kind: 'remove', key: inBand(2) },
    ]);
  });

  it('removes nothing for the first event of a stock', () => {
    const mutations = mutationsOf(inventoryProjection, stockMoved('85123A', 1n, 9n, [0n, 50n]));
    expect(mutations.map(({ kind }) => kind)).toEqual(['write', 'write']);
  });

  it('gives what this version has always given: changed output is a new version', () => {
    expect({
      version: inventoryProjection.version,
      hash: goldenHash(inventoryProjection, events),
    }).toEqual({ version: 1, hash: '55a0c725d911a93993b7a0073355c8c988c3bf741d2f6c3c82ee61aad0455c39' });
  });

  it('shows the same rows when events come again', () => {
    assertReplayChangesNothing(inventoryProjection, events);
  });

  it('shows the same rows whichever events come first', () => {
    assertOrderChangesNothing(inventoryProjection, events);
  });
});
