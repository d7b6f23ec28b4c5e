import { aggregateTypeOf } from '@meridian/contracts';
import type { Recorded } from '../history.ts';
import { expectedTable, put, type ExpectedTable } from './cells.ts';

/** TODO(new): the rows of {{name}}, folded from the journal without looking at the projection's code. */
export function {{name}}Rows(journal: readonly Recorded[]): readonly ExpectedTable[] {
  const rows = expectedTable('{{name}}', '{{idField}}');
  for (const { {{parts}} } of journal)
    if (aggregateTypeOf(event.type) === '{{aggregate}}')
      put(rows, { {{idField}}: aggregateId }, { {{cells}}, version, position });
  return [rows];
}
