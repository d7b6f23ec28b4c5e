import type { Contribution } from '../fold.ts';
import { defineTotals } from '../table.ts';

/** A total an item, in days of any number of items. */
export const sold = defineTotals({
  name: 'test_sold',
  partitionKey: { day: 'text' },
  clusteringKey: { item: 'text', country: 'text' },
  columns: { units: 'bigint', last_name: 'text' },
});

/** What an event adds to an item of a day. */
export function soldAt(position: bigint, item: string, units = 1n, day = 'monday'): Contribution {
  const key = { day, item, country: 'UK' };
  return { position, table: sold, key, addends: { units }, labels: { last_name: `at ${position}` } };
}
