import { z } from 'zod';
import { ErasureState } from '../generated/meridian/customers/v1/erasure_service.ts';
import { readOptions } from './read-options.ts';
import { country, optionalEmail, pageToken, text } from './text.ts';
import { expectedVersion, id, message, optionalId, requestId, smallNumber } from './values.ts';

const customerData = {
  name: text({ min: 1, max: 200 }),
  email: optionalEmail(),
  address: text({ min: 0, max: 1_000, lines: 'many' }),
  country: country(),
};

/** The rules of the customers' requests, by path. */
export const customersRules = {
  '/meridian.customers.v1.CustomersCommandService/RegisterCustomer': message({
    requestId: requestId(),
    customerId: optionalId(),
    ...customerData,
  }),
  '/meridian.customers.v1.CustomersCommandService/UpdateCustomer': message({
    requestId: requestId(),
    customerId: id(),
    ...customerData,
    expectedVersion: expectedVersion(),
  }),
  '/meridian.customers.v1.CustomersCommandService/EraseCustomer': message({
    requestId: requestId(),
    customerId: id(),
    expectedVersion: expectedVersion(),
  }),
  '/meridian.customers.v1.CustomersQueryService/GetCustomer': message({
    customerId: id(),
    read: readOptions(),
  }),
  '/meridian.customers.v1.ErasureService/GetErasure': message({ customerId: id() }),
  '/meridian.customers.v1.ErasureService/ListErasures': message({
    pageSize: smallNumber(0, 200),
    pageToken: pageToken(),
    state: z.enum(ErasureState, 'must be a known ErasureState'),
  }),
};
