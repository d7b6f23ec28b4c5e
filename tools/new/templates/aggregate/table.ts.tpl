import type { {{Aggregate}} } from '@meridian/domain-{{context}}';
import { bigintOf, textOf } from '@meridian/mysql';
import { insertRows, updateRows } from '../../sql/script.ts';
import { keyBetween, splitByKind, type Change, type StateTable } from './table.ts';

const KEY = ['{{idField}}'];
// TODO(new): the columns that hold the state of a {{aggregate}}, here and in the migration.
const CHANGING = ['version'];
const COLUMNS = [...KEY, ...CHANGING];

function toRow({ id, after: { version } }: Change<{{Aggregate}}>) {
  return [id, version];
}

/** Table {{aggregate}}. */
export const {{aggregate}}Table: StateTable<{{Aggregate}}> = {
  lock: (ids) => [
    {
      sql: `SELECT ${COLUMNS.join(', ')} FROM {{aggregate}} FORCE INDEX (PRIMARY)
            WHERE {{idField}} IN (?) ORDER BY {{idField}} FOR UPDATE`,
      values: [ids],
    },
  ],
  between(from, before) {
    const { where, values } = keyBetween('{{idField}}', from, before);
    return [{ sql: `SELECT ${COLUMNS.join(', ')} FROM {{aggregate}} WHERE ${where} ORDER BY {{idField}}`, values }];
  },
  read: ([rows]) =>
    new Map(
      rows?.rows.map((row) => {
        const {{id}} = textOf(row, '{{idField}}');
        return [{{id}}, { state: { {{id}} }, version: bigintOf(row, 'version') }];
      }),
    ),
  save(changes) {
    const { created, changed } = splitByKind(changes);
    return [
      ...(created.length > 0 ? [insertRows('{{aggregate}}', COLUMNS, created.map(toRow))] : []),
      ...(changed.length > 0 ? [updateRows('{{aggregate}}', KEY, CHANGING, changed.map(toRow))] : []),
    ];
  },
};
