import type { MysqlPool, StatementResult } from '@meridian/mysql';
import { createMetrics } from '@meridian/service-host';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { databaseGauges } from './database-gauges.ts';

const answer = (...rows: StatementResult['rows']): StatementResult => ({ rows, affectedRows: 0 });
const shard = (depth: number, ageMs: number) => ({
  shard: depth,
  position: '1',
  owner: 'a',
  depth,
  now: new Date(60_000),
  oldest: new Date(60_000 - ageMs),
});

let query: ReturnType<typeof vi.fn<MysqlPool['query']>>;
let scrape: () => Promise<string>;

beforeEach(() => {
  query = vi.fn(async (sql) =>
    sql.includes('relay_shard') ? answer(shard(3, 500), shard(4, 2_000)) : answer({ position: '42' }),
  );
  const metrics = createMetrics('test');
  const unused = () => Promise.reject(new Error('not asked for'));
  const pool = { query, queryAll: unused, execute: query, withConnection: unused, close: unused };
  databaseGauges(metrics, pool, 50);
  scrape = () => metrics.registry.metrics();
});

/** The samples of these gauges, without the label that all of a service have. */
const valuesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => /^meridian_(relay|journal)/.test(line))
    .map((line) => line.replace(/,?service="test"/, '').replace('{}', ''));

const ALL = [
  'meridian_relay_backlog_events{shard="3"} 3',
  'meridian_relay_backlog_events{shard="4"} 4',
  'meridian_relay_oldest_unpublished_seconds 2',
  'meridian_journal_position 42',
];

describe('the gauges of the database', () => {
  it('read each once a scrape', async () => {
    expect(valuesOf(await scrape())).toEqual(ALL);
    expect(query).toHaveBeenCalledTimes(3);
    await scrape();
    expect(query).toHaveBeenCalledTimes(6);
  });

  it('tell the age of the oldest event however long the backlog takes to count', async () => {
    const counting = query.getMockImplementation();
    query.mockImplementation(async (sql, values) =>
      sql.includes('COUNT(') ? new Promise(() => undefined) : (counting?.(sql, values) ?? answer()),
    );
    expect(valuesOf(await scrape())).toEqual(ALL.slice(2));
  });

  it('have no samples while the database refuses, and leave the others theirs', async () => {
    await scrape();
    query.mockRejectedValue(new Error('gone'));
    const text = await scrape();
    expect(valuesOf(text)).toEqual([]);
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('wait for a database that hangs only so long, and ask it nothing more meanwhile', async () => {
    const hanging = Promise.withResolvers<StatementResult>();
    query.mockReturnValue(hanging.promise);
    expect(valuesOf(await scrape())).toEqual([]);
    expect(valuesOf(await scrape())).toEqual([]);
    expect(query).toHaveBeenCalledTimes(3);
    query.mockImplementation(async () => answer());
    hanging.reject(new Error('gone'));
    await expect.poll(async () => query.mock.calls.length > 3 || (await scrape()) === '').toBe(true);
  });
});
