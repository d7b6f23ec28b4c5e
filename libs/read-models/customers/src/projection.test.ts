import {
  assertOrderChangesNothing,
  assertReplayChangesNothing,
  goldenHash,
  mutationsOf,
} from '@meridian/projection/testing';
import { describe, expect, it } from 'vitest';
import { customersProjection } from './projection.ts';
import { erased, registered, registeredAt, updated } from './testing/events.ts';

const events = [registered('c-1', 7n), updated('c-1', 2n, 8n), erased('c-1', 3n, 9n)];

describe('the customers projection', () => {
  it('writes a customer with personal data as it came: sealed', () => {
    const [mutation] = mutationsOf(customersProjection, registered('c-1', 7n));
    expect(mutation).toEqual({
      table: 'customer',
      kind: 'write',
      key: { customer_id: 'c-1' },
      cells: {
        name: Buffer.from('sealed name 1'),
        email: Buffer.from('sealed email 1'),
        address: Buffer.alloc(0),
        country: 'France',
        erased: false,
        registered_at: registeredAt,
        version: 1n,
        position: 7n,
      },
    });
  });

  it('empties the personal data of an erased customer', () => {
    const [mutation] = mutationsOf(customersProjection, erased('c-1', 3n, 9n));
    const nothing = Buffer.alloc(0);
    expect(mutation).toMatchObject({
      cells: { name: nothing, email: nothing, address: nothing, erased: true, version: 3n, position: 9n },
    });
  });

  it('gives what this version has always given: changed output is a new version', () => {
    expect({
      version: customersProjection.version,
      hash: goldenHash(customersProjection, events),
    }).toEqual({ version: 3, hash: 'a8206dcb91af3c54bd6c69fd3fa3e331ef75187648eca699cef5d4a1ede078bb' });
  });

  it('shows the same rows when events come again', () => {
    assertReplayChangesNothing(customersProjection, events);
  });

  it('shows the same rows whichever events come first', () => {
    assertOrderChangesNothing(customersProjection, events);
  });
});
