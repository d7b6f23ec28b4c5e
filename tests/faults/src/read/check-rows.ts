import type { Violation } from '../write/history.ts';
import type { ReadEvidence, Rows } from './history.ts';
import { expectedRows } from './oracle/expected-rows.ts';
import type { ExpectedTable } from './oracle/cells.ts';

/** Every row of every table, in every region and generation, is what the journal comes to: none is missing, none too many. */
export function* checkRows({ journal, regions, tables: names }: ReadEvidence): Iterable<Violation> {
  const expected = expectedRows(journal).filter(({ name }) => names.includes(name));
  for (const { region, tables } of regions) {
    for (const table of expected) {
      const found = tables.filter((one) => one.table === table.name);
      if (found.length === 0) yield violation(`${region}: there is no table ${table.name}`);
      for (const { generation, rows } of found)
        for (const difference of differences(table, rows))
          yield violation(`${region} ${table.name} g${generation}: ${difference}`);
    }
  }
}

/** Every read model has applied the whole journal in every region. */
export function* checkCaughtUp({ behind }: ReadEvidence): Iterable<Violation> {
  for (const one of behind) yield { rule: 'everything is applied', detail: one };
}

const violation = (detail: string): Violation => ({ rule: 'rows equal the journal', detail });

function* differences(expected: ExpectedTable, found: Rows): Iterable<string> {
  for (const [key, row] of expected.rows) {
    const there = found.get(key);
    if (!there) {
      yield `${key} is missing`;
      continue;
    }
    for (const [column, value] of Object.entries(row))
      if (there[column] !== value) yield `${key}: ${column} is ${there[column] ?? 'not there'}, not ${value}`;
  }
  for (const key of found.keys()) if (!expected.rows.has(key)) yield `${key} should not be there`;
}
