import { message, readOptions } from './messages.ts';
import { country, optionalEmail, text } from './text.ts';
import { expectedVersion, id, optionalId, requestId } from './values.ts';

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
};
