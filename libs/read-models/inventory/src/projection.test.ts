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
  stockMoved('85123A', 4n, 10n, [45n, 49n]),
  stockMoved('85123A', 5n, 11n, [49n, 5n]),
  stockMoved('85123A', 6n, 12n, [5n, 49n]),
];

describe('the inventory projection', () => {
  it('writes the stock, and no row of the list while the product stays in its band', () => {
    const event = stockReserved('85123A', 4n, 9n, { onHand: 50n, oldReserved: 10n, reserved: 30n });
    expect(mutationsOf(inventoryProjection, event)).toEqual([
      {
        table: 'availability',
        kind: 'write',
        key: { bucket: 1, product_id: '85123A' },
        cells: cells(50n, 30n, 4n, 9n),
      },
    ]);
  });

  it('takes the product out of its old band and puts it into the new one when it changes band', () => {
    const event = stockReserved('85123A', 4n, 9n, { onHand: 50n, oldReserved: 10n, reserved: 50n });
    expect(mutationsOf(inventoryProjection, event).slice(1)).toEqual([
      { table: 'stock_by_band', kind: 'write', key: inBand(0), cells: { version: 4n } },
      { table: 'stock_by_band', kind: 'remove', key: inBand(2) },
    ]);
  });

  it.each([
    ['of another band than nothing', 50n, 2],
    ['of nothing', 0n, 0],
  ])('puts the product into the list with its first event, %s, and removes nothing', (_, onHand, band) => {
    const mutations = mutationsOf(inventoryProjection, stockMoved('85123A', 1n, 9n, [0n, onHand]));
    expect(mutations.map(({ kind }) => kind)).toEqual(['write', 'write']);
    expect(mutations[1]).toMatchObject({ key: inBand(band), cells: { version: 1n } });
  });

  it('gives what this version has always given: changed output is a new version', () => {
    expect({
      version: inventoryProjection.version,
      hash: goldenHash(inventoryProjection, events),
    }).toEqual({ version: 2, hash: 'c5c9d0915eeebee96d1885ad1f91b9d5210af81a89634816d4b4923aee5165a1' });
  });

  it('shows the same rows when events come again', () => {
    assertReplayChangesNothing(inventoryProjection, events);
  });

  it('shows the same rows whichever events come first', () => {
    assertOrderChangesNothing(inventoryProjection, events);
  });
});
