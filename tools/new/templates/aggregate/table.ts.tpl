import type { {{Aggregate}} } from '@meridian/domain-{{context}}';
import { oneRowTable } from './one-row.ts';
import type { StateTable } from './table.ts';

/** Table {{aggregate}}. */
export const {{aggregate}}Table: StateTable<{{Aggregate}}> = oneRowTable({
  table: '{{aggregate}}',
  key: '{{idField}}',
  // TODO(new): the columns that hold the state of a {{aggregate}}, here and in the migration.
  columns: ['version'],
  valuesOf: () => [],
  stateOf: ({{id}}) => ({ {{id}} }),
});
