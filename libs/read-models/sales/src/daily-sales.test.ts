import type { Row } from '@meridian/cassandra';
import type { Reader } from '@meridian/projection';
import { describe, expect, it } from 'vitest';
import { listDailySales, type DailySalesKey, type DailySalesRow } from './daily-sales.ts';

const CURRENCIES = ['EUR', 'GBP'];
const SHARES = 12;
const name = (n: number, length: number) => String(n).padStart(3, '0').padEnd(length, '€');

/** The shares of every Kafka partition in the sums of some days of a month, for so many countries; each is 1. */
function sharesOf(days: readonly string[], countries: number, nameLength = 3): readonly Row[] {
  const each = (length: number) => Array.from({ length }, (_, n) => n);
  const share = { orders_placed: 1n, orders_cancelled: 0n, last_position: 7n };
  const money = { placed_minor: 1n, cancelled_minor: 0n, returned_minor: 0n };
  return days.flatMap((day) =>
    each(countries).flatMap((n) =>
      CURRENCIES.flatMap((currency) =>
        each(SHARES).map((kafka_partition) => ({
          day,
          country: name(n, nameLength),
          currency,
          kafka_partition,
          ...share,
          ...money,
        })),
      ),
    ),
  );
}

/** Keys in the order of the table: names of countries are of one length here. */
const keyOf = (...parts: readonly unknown[]) =>
  parts.map((part) => (typeof part === 'number' ? String(part).padStart(2, '0') : String(part))).join('/');

/** A reader of these shares, which are in order and all of January 2026, and the most rows that it gave at once. */
function reading(shares: readonly Row[]) {
  const most = { rows: 0 };
  const keys = shares.map((row) =>
    keyOf(row['day'], row['country'], row['currency'], row['kafka_partition']),
  );
  const select: Reader['select'] = (_table, _columns, rest, [month, ...bounds]) => {
    const limit = Number(bounds.pop());
    // Behind a sum are all keys behind its last share.
    const start = rest.includes(') > (') ? keyOf(...bounds, ...(bounds.length === 3 ? ['~'] : [])) : '';
    const [from, to] = start === '' ? [String(bounds[0]), `${String(bounds[1])}/~~~`] : [start, '~'];
    const first = keys.findIndex((key) => key > from);
    const found = month === 202601 && first >= 0 ? shares.slice(first, first + limit) : [];
    const within = found.filter((_, index) => (keys[first + index] ?? '') < to);
    most.rows = Math.max(most.rows, within.length);
    return Promise.resolve(within);
  };
  return { reader: { generation: 1, select }, most };
}

const JANUARY = Array.from({ length: 31 }, (_, n) => `2026-01-${String(n + 1).padStart(2, '0')}`);
const nameOf = ({ day, country, currencyCode }: DailySalesKey) => `${day}/${country}/${currencyCode}`;

async function allOf(reader: Reader, limit: number) {
  const rows: DailySalesRow[] = [];
  const sizes: number[] = [];
  for (let after: DailySalesKey | undefined; ;) {
    const page = await listDailySales(reader, { fromDay: '2026-01-02', toDay: '2026-03-31', limit, after });
    rows.push(...page.rows);
    sizes.push(page.rows.length);
    if (!page.next) return { rows, sizes };
    after = page.next;
  }
}

describe('sales of 30 days, 90 countries and 2 currencies', () => {
  it.each([1_000, 5_000])(
    'come in pages of %i, every row once, in order, with all its shares',
    async (limit) => {
      const { reader, most } = reading(sharesOf(JANUARY, 90));
      const { rows, sizes } = await allOf(reader, limit);
      const names = rows.map(nameOf);
      expect(names).toHaveLength(30 * 90 * 2);
      expect(names).toEqual([...new Set(names)].sort());
      expect(rows.every(({ placedMinor }) => placedMinor === BigInt(SHARES))).toBe(true);
      expect(Math.max(...sizes)).toBe(limit);
      expect(most.rows).toBeLessThanOrEqual(5_000);
    },
  );

  it('come in smaller pages where the names are longer', async () => {
    const { reader } = reading(sharesOf(JANUARY.slice(0, 2), 250, 4_000));
    const { sizes } = await allOf(reader, 5_000);
    expect(sizes).toEqual([172, 172, 156]);
  });

  it('leave out what is not wanted, and end with the last day', async () => {
    const { reader } = reading(sharesOf(JANUARY, 90));
    const wanted = ({ currencyCode }: DailySalesRow) => currencyCode === 'EUR';
    const asked = { fromDay: '2026-01-02', toDay: '2026-01-03', limit: 150, wanted };
    const first = await listDailySales(reader, asked);
    expect(first.rows).toHaveLength(150);
    const second = await listDailySales(reader, { ...asked, after: first.next });
    expect(second).toMatchObject({ rows: { length: 30 }, next: undefined });
    expect(second.rows.at(-1)).toMatchObject({ day: '2026-01-03', country: '089', currencyCode: 'EUR' });
  });

  it('count a missing sum as 0: an earlier version left out what a late event adds nothing to', async () => {
    const shares = sharesOf(['2026-01-02'], 1).slice(0, SHARES);
    const late = {
      ...shares[0],
      kafka_partition: 12,
      orders_placed: null,
      placed_minor: null,
      returned_minor: 5n,
    };
    const { reader } = reading([...shares, late]);
    const { rows } = await listDailySales(reader, { fromDay: '2026-01-02', toDay: '2026-01-02', limit: 10 });
    expect(rows).toMatchObject([{ ordersPlaced: 12n, placedMinor: 12n, returnedMinor: 5n }]);
  });
});
