import type { Row } from '@meridian/cassandra';
import { defineTotals } from '@meridian/projection';
import { levels, pieces } from '@meridian/projection/testing/stock-projection';
import { describe, expect, it } from 'vitest';
import { differenceOf } from './compare.ts';

const total = (kafka_partition: number, received: bigint, last_position: bigint, more: Row = {}): Row => ({
  what: 'all',
  kafka_partition,
  received,
  adjusted: 0n,
  events: 1n,
  last_product: `p-${last_position}`,
  last_position,
  ...more,
});

describe('the difference of two generations of a total', () => {
  it('is none where one of them holds a late contribution in a row of its own', () => {
    const retried = [total(1, 5n, 40n), total(13, 3n, 30n), total(2, 1n, 50n)];
    const rebuilt = [total(1, 8n, 40n, { events: 2n }), total(2, 1n, 50n)];
    expect(differenceOf(pieces, retried, rebuilt)).toBeUndefined();
  });

  it('is none where one of them is at a newer event that adds nothing', () => {
    const label = { last_product: 'p' };
    expect(differenceOf(pieces, [total(1, 5n, 40n, label)], [total(1, 5n, 41n, label)])).toBeUndefined();
  });

  it('is told by the sums, over all rows', () => {
    const before = [total(1, 5n, 40n), total(2, 1n, 50n)];
    expect(differenceOf(pieces, before, [total(1, 5n, 40n), total(2, 2n, 50n)])).toBe(
      'its total: received is 6 and 7',
    );
    expect(differenceOf(pieces, before, [total(1, 5n, 40n)])).toBe('its total: received is 6 and 5');
    expect(differenceOf(pieces, before, [])).toBe('its total is only in the first');
  });

  it('is told of a label that only one of them has ever had', () => {
    const named = (last_product: string) => [total(1, 5n, 40n, { last_product })];
    expect(differenceOf(pieces, named('a'), named('b'))).toBe('its total: last_product is a and b');
  });

  it('is told by the key of a total, and by no column that only one of them has', () => {
    const daily = defineTotals({
      name: 'daily',
      partitionKey: { month: 'int' },
      clusteringKey: { day: 'text' },
      columns: { sold: 'bigint', returned: 'bigint' },
    });
    const day = (name: string, sold: bigint, more: Row = {}): Row => ({
      month: 1,
      day: name,
      kafka_partition: 0,
      sold,
      last_position: 1n,
      ...more,
    });
    const before = [day('1', 5n, { returned: 4n }), day('2', 6n, { returned: 0n })];
    expect(differenceOf(daily, before, [day('1', 5n), day('2', 6n)])).toBeUndefined();
    expect(differenceOf(daily, before, [day('1', 5n), day('2', 7n)])).toBe('2: sold is 6 and 7');
  });
});

describe('the difference of two generations of rows', () => {
  it('is told by the first cell that differs', () => {
    const row = (on_hand: bigint): Row => ({ product_id: 'p', on_hand, last_reason: null, version: 3n });
    expect(differenceOf(levels, [row(1n)], [row(1n)])).toBeUndefined();
    expect(differenceOf(levels, [row(1n)], [row(2n)])).toBe('its row: on_hand is 1 and 2');
  });
});
