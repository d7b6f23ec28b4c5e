import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { openTestRows, type TestRows } from '@meridian/read-model-testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCustomer } from './index.ts';
import { customersProjection } from './projection.ts';
import { erased, registered, registeredAt, updated } from './testing/events.ts';
import { customersVersion2 } from './testing/version-2.ts';

/** A generation of version 2 answers the same questions until this version is promoted. */
describe.each([customersVersion2, customersProjection])(
  'questions to the customers of a generation of version $version',
  (projection) => {
    let rows: TestRows;
    beforeAll(async () => {
      rows = await openTestRows(projection);
    });
    afterAll(() => rows.close());

    it('find a customer as it was updated last', async () => {
      await rows.apply(registered('c-1', 1n), updated('c-1', 2n, 8n));
      expect(await findCustomer(rows.reader, 'c-1')).toEqual({
        customerId: 'c-1',
        sealed: {
          name: Buffer.from('sealed name 2'),
          email: Buffer.from('sealed email 2'),
          address: Buffer.alloc(0),
        },
        country: 'Spain',
        erased: false,
        registeredAt,
        version: 2n,
        includes: new Map([[partitionKey('customers', shardOf('c-1')), 8n]]),
      });
      expect(await findCustomer(rows.reader, 'nobody')).toBeUndefined();
    });

    it('show nothing personal of an erased customer', async () => {
      await rows.apply(registered('c-4', 40n), erased('c-4', 2n, 41n));
      await rows.apply(registered('c-4', 40n));
      const customer = await findCustomer(rows.reader, 'c-4');
      const nothing = Buffer.alloc(0);
      expect(customer).toMatchObject({
        erased: true,
        version: 2n,
        sealed: { name: nothing, email: nothing },
      });
    });

    it('do not show a customer whose registration is not known yet', async () => {
      await rows.apply(updated('c-5', 2n, 51n), erased('c-6', 2n, 61n));
      expect(await findCustomer(rows.reader, 'c-5')).toBeUndefined();
      expect(await findCustomer(rows.reader, 'c-6')).toBeUndefined();
      await rows.apply(registered('c-5', 50n));
      expect(await findCustomer(rows.reader, 'c-5')).toMatchObject({ country: 'Spain', registeredAt });
    });
  },
);
