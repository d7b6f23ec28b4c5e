import { type Projection, write } from '@meridian/projection';
import { customers } from './tables.ts';

const NOTHING = Buffer.alloc(0);
const NO_PERSONAL_DATA = { name: NOTHING, email: NOTHING, address: NOTHING };

/** Keeps the customers' read model. What a customer's orders are worth is in the orders' read model. */
export const customersProjection: Projection = {
  name: 'customers',
  version: 3,
  contexts: ['customers'],
  tables: [customers],
  formerTables: ['customer_order_value'],
  roundMs: 50,
  project(event) {
    const { version, position } = event;
    const key = { customer_id: event.aggregateId };
    switch (event.type) {
      case 'CustomerRegistered': {
        const { personalData, country, registeredAt } = event.data;
        const cells = { ...personalData, country, erased: false, registered_at: registeredAt };
        return [write(customers, key, { ...cells, version, position })];
      }
      case 'CustomerUpdated':
        return [
          write(customers, key, {
            ...event.data.personalData,
            country: event.data.country,
            version,
            position,
          }),
        ];
      case 'CustomerErased':
        return [write(customers, key, { ...NO_PERSONAL_DATA, erased: true, version, position })];
      default:
        return [];
    }
  },
};
