import type { Row } from '@meridian/cassandra';
import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { isThere } from '@meridian/projection';
import { whicheverReached, type GivenRows } from '@meridian/projection/testing';
import { expect, it } from 'vitest';
import { availabilityProvenUpTo, toAvailability } from './find-availability.ts';
import { inventoryProjection } from './projection.ts';
import { availability } from './tables.ts';
import { stockMoved, stockReserved } from './testing/events.ts';

const events = [
  stockMoved('p', 1n, 7n, [0n, 50n]),
  stockReserved('p', 2n, 8n, { onHand: 50n, oldReserved: 0n, reserved: 45n }),
  stockMoved('p', 3n, 9n, [50n, 45n]),
];

function shown(given: GivenRows) {
  const [row] = given.rows(availability) as readonly (Row | undefined)[];
  return isThere(row) ? toAvailability(row) : undefined;
}

it('proves a stock up to its last event, whichever of the events before reached a region', () => {
  let proven = 0;
  for (const { some, allUpTo } of whicheverReached(inventoryProjection, events)) {
    const stock = shown(some);
    const upTo = stock && availabilityProvenUpTo(stock).get(partitionKey('inventory', shardOf('p')));
    if (upTo === undefined) continue;
    expect(stock).toEqual(shown(allUpTo(upTo)));
    proven += 1;
  }
  expect(proven).toBe(7);
});
