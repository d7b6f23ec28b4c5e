import type { Recorded } from '../history.ts';
import { expectedTable, put, type ExpectedTable } from './cells.ts';

/** The customers' rows. */
export function customerRows(journal: readonly Recorded[]): readonly ExpectedTable[] {
  const customers = expectedTable('customer', 'customer_id');
  for (const { event, aggregateId, version, position } of journal) {
    const write = (cells: Record<string, unknown>) =>
      put(customers, { customer_id: aggregateId }, { ...cells, version, position });
    switch (event.type) {
      case 'CustomerRegistered': {
        const { personalData, country, registeredAt } = event.data;
        write({ ...personalData, country, erased: false, registered_at: registeredAt });
        break;
      }
      case 'CustomerUpdated':
        write({ ...event.data.personalData, country: event.data.country });
        break;
      case 'CustomerErased':
        write({ name: '', email: '', address: '', erased: true });
        break;
      default:
    }
  }
  return [customers];
}
