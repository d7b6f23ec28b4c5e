import { SHARD_COUNT } from '@meridian/kernel';
import type { Violation } from '../system/violation.ts';
import type { AppliedEvidence, Rows } from './history.ts';
import { expectedRows } from './oracle/expected-rows.ts';

/** Every row of every table, in every region and generation, is what the journal comes to: none is missing, none too many. */
export function* checkRows({ journal, regions, tables: names }: AppliedEvidence): Iterable<Violation> {
  const expected = expectedRows(journal).filter(({ name }) => names.includes(name));
  for (const { region, tables } of regions) {
    for (const table of expected) {
      const found = tables.filter((one) => one.table === table.name);
      if (found.length === 0) yield violation(`${region}: there is no table ${table.name}`);
      for (const { generation, rows } of found)
        for (const difference of differences(...comparable(table.rows, rows)))
          yield violation(`${region} ${table.name} g${generation}: ${difference}`);
    }
  }
}

/** Every read model has applied the whole journal in every region. */
export function* checkCaughtUp({ behind }: AppliedEvidence): Iterable<Violation> {
  for (const one of behind) yield { rule: 'everything is applied', detail: one };
}

const violation = (detail: string): Violation => ({ rule: 'rows equal the journal', detail });

/** Rows as they are to be compared: totals in which something came late, by their sums over all shares. */
function comparable(expected: Rows, found: Rows): readonly [Rows, Rows] {
  const hasLate = [...found.values()].some(({ kafka_partition: share }) => Number(share) >= SHARD_COUNT);
  return hasLate ? [summed(expected), summed(found)] : [expected, found];
}

const SUMS = /^(orders_|units$|.*_minor$)/;

function summed(rows: Rows): Rows {
  const sums = new Map<string, Record<string, string>>();
  for (const row of rows.values()) {
    const { day, country, currency, product_id: product } = row;
    const key = [day, country, currency, product].join(' | ');
    const sum = sums.get(key) ?? {};
    for (const [name, value] of Object.entries(row))
      if (SUMS.test(name)) sum[name] = String(BigInt(sum[name] ?? '0') + BigInt(value || '0'));
    sums.set(key, sum);
  }
  return sums;
}

function* differences(expected: Rows, found: Rows): Iterable<string> {
  for (const [key, row] of expected) {
    const there = found.get(key);
    if (!there) {
      yield `${key} is missing`;
      continue;
    }
    for (const [column, value] of Object.entries(row))
      if (there[column] !== value) yield `${key}: ${column} is ${there[column] ?? 'not there'}, not ${value}`;
  }
  for (const key of found.keys()) if (!expected.has(key)) yield `${key} should not be there`;
}
