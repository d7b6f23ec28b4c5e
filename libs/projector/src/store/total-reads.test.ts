import type { BoundCell, Row } from '@meridian/cassandra';
import { type Table, type Total, rowIdOf } from '@meridian/projection';
import { sold, soldAt } from '@meridian/projection/testing/contributions';
import { tableStatements } from '@meridian/read-store';
import { describe, expect, it } from 'vitest';
import { createTotalReads } from './total-reads.ts';

const writer = { statements: (table: Table) => tableStatements('k', table, 1) };

/** By id: totals of `items` items for each of these days. */
function wantedOf(items: number, ...days: readonly string[]) {
  const all = days.flatMap((day) =>
    Array.from({ length: items }, (_, item) => soldAt(1n, `item-${item}`, 1n, day)),
  );
  return new Map(all.map(({ table, key }) => [rowIdOf(table, key), { table, key }]));
}

/** A session that has every row. Its requests end when the test says so. */
function session(fails: (requests: number) => boolean = () => false) {
  const seen = { requests: 0, inFlight: 0, mostInFlight: 0, values: [] as number[] };
  return {
    seen,
    async execute(_cql: string, params: readonly BoundCell[]): Promise<readonly Row[]> {
      seen.requests += 1;
      seen.inFlight += 1;
      seen.mostInFlight = Math.max(seen.mostInFlight, seen.inFlight);
      seen.values.push(params.length);
      const mine = seen.requests;
      await new Promise((resolve) => setImmediate(resolve));
      seen.inFlight -= 1;
      if (fails(mine)) throw new Error('too many requests');
      const [day = ''] = params;
      return Array.from({ length: (params.length - 1) / 3 }, (_, n) => {
        const [item = '', country = '', kafka_partition = 0] = params.slice(1 + 3 * n);
        return { day, item, country, kafka_partition, units: 3n, last_position: 9n };
      });
    },
  };
}

describe('reading totals', () => {
  it('reads many of one partition of the store in one request, and tells of each once', async () => {
    const one = session();
    const read = new Map<string, Total>();
    const wanted = wantedOf(250, 'monday', 'tuesday');
    await createTotalReads(one, writer).read(7, wanted, (id, total) => {
      expect(read.has(id)).toBe(false);
      read.set(id, total);
    });
    expect(one.seen.requests).toBe(6);
    expect([...read.keys()].sort()).toEqual([...wanted.keys()].sort());
    const total = read.get(rowIdOf(sold, { day: 'tuesday', item: 'item-249', country: 'UK' }));
    expect(total).toMatchObject({ lastPosition: 9n, sums: { units: 3n }, key: { kafka_partition: 7 } });
  });

  it('sends few different texts: what a request lacks to one of them repeats its last key', async () => {
    const one = session();
    const reads = createTotalReads(one, writer);
    for (const items of [1, 2, 5, 6, 20, 21, 100])
      await reads.read(0, wantedOf(items, 'monday'), () => undefined);
    expect(new Set(one.seen.values)).toEqual(new Set([1, 5, 20, 100].map((keys) => 1 + 3 * keys)));
  });

  it('has so many requests under way over all partitions, and no more', async () => {
    const one = session();
    const reads = createTotalReads(one, writer, { maxInFlight: 4 });
    const days = Array.from({ length: 30 }, (_, n) => `day-${n}`);
    await Promise.all([0, 1, 2].map((share) => reads.read(share, wantedOf(3, ...days), () => undefined)));
    expect(one.seen).toMatchObject({ requests: 90, mostInFlight: 4 });
  });

  it('begins nothing more after a failure, and tells what the others under way gave', async () => {
    const one = session((requests) => requests === 2);
    const reads = createTotalReads(one, writer, { maxInFlight: 4 });
    const days = Array.from({ length: 30 }, (_, n) => `day-${n}`);
    let told = 0;
    await expect(reads.read(0, wantedOf(1, ...days), () => (told += 1))).rejects.toThrow('too many requests');
    expect(one.seen.inFlight).toBe(0);
    expect(told).toBe(one.seen.requests - 1);
    expect(one.seen.requests).toBeLessThanOrEqual(5);
  });
});
