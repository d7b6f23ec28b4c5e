import type { Row } from '@meridian/cassandra';
import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { Reader } from '@meridian/projection';
import { describe, expect, it } from 'vitest';
import { findOrder, orderProvenUpTo } from './find-order.ts';
import { listOrderHistory } from './history.ts';
import { packLines } from './lines.ts';

const line = (lineNo: number, quantity: bigint) => ({
  lineNo,
  quantity,
  productId: `p-${lineNo}`,
  productName: 'name',
  unitPriceMinor: 300n,
});

/** The rows of an order that was placed and of which one piece came back so many times, half of them of either line. */
function rowsOf(returns: number, note: string): readonly Row[] {
  const steps = Array.from({ length: returns + 1 }, (_, n) => ({
    order_version: BigInt(n + 1),
    recorded_at: new Date(n),
    note: n === 0 ? '' : note,
    event_type: n === 0 ? 'OrderPlaced' : 'ItemsReturned',
    lines: packLines(n === 0 ? [line(1, 10_000n), line(2, 10_000n)] : [line(1 + (n % 2), 1n)]),
  }));
  const version = BigInt(steps.length);
  const head = {
    customer_id: 'c',
    country: 'France',
    currency: 'GBP',
    status: 'shipped',
    total_minor: 6_000_000n,
    placed_at: new Date(0),
    version,
    position: 900n + version,
  };
  return steps.map((step) => ({ ...head, ...step }));
}

/** A reader of these rows, which heeds LIMIT and `order_version > ?`, and the most bytes and rows that it gave at once. */
function reading(rows: readonly Row[]) {
  const most = { rows: 0, bytes: 0 };
  const select: Reader['select'] = (_table, _columns, rest, params) => {
    const after = rest.includes('order_version > ?') ? BigInt(String(params[1])) : 0n;
    const limit = rest.includes('LIMIT ?') ? Number(params.at(-1)) : Infinity;
    const found = rows.filter((row) => BigInt(String(row['order_version'])) > after).slice(0, limit);
    most.rows = Math.max(most.rows, found.length);
    most.bytes = Math.max(
      most.bytes,
      found.reduce((sum, row) => sum + String(row['lines']).length + String(row['note']).length, 0),
    );
    return Promise.resolve(found);
  };
  return { reader: { generation: 1, select }, most };
}

/** The longest reason that a return may have. */
const LONGEST = '😀'.repeat(500);

describe('an order of 3,000 returns', () => {
  it('has exact sums, the newest steps and the number of all', async () => {
    const { reader } = reading(rowsOf(3_000, LONGEST));
    const order = await findOrder(reader, 'o');
    expect(order?.lines.map(({ returnedQuantity }) => returnedQuantity)).toEqual([1_500n, 1_500n]);
    expect(order?.head).toMatchObject({ returnedMinor: 900_000n, version: 3_001n });
    expect(order?.historyTotal).toBe(3_001);
    expect(order?.history).toHaveLength(100);
    expect(order?.history.map(({ version }) => version)).toEqual(
      Array.from({ length: 100 }, (_, n) => BigInt(2_902 + n)),
    );
  });

  it('keeps within 256 KiB what it shows, however long the notes are', async () => {
    const { reader } = reading(rowsOf(300, 'x'.repeat(20_000)));
    const order = await findOrder(reader, 'o');
    expect(order?.history).toHaveLength(13);
    expect(order?.history.at(-1)?.version).toBe(301n);
  });

  it('is read a few MiB at a time, and no more once nobody waits', async () => {
    const { reader, most } = reading(rowsOf(3_000, LONGEST));
    await findOrder(reader, 'o');
    expect(most.rows).toBeLessThanOrEqual(1_000);
    const large = reading(rowsOf(300, 'x'.repeat(500_000)));
    await findOrder(large.reader, 'o');
    expect(large.most.bytes).toBeLessThan(13 * 1024 * 1024);
    const gone = AbortSignal.abort(new Error('nobody waits'));
    await expect(findOrder(reader, 'o', gone)).rejects.toThrow('nobody waits');
  });

  it('is listed page by page, oldest first, each step once', async () => {
    const { reader } = reading(rowsOf(3_000, LONGEST));
    const versions: bigint[] = [];
    let pages = 0;
    for (let after: bigint | undefined = 0n; after !== undefined; pages++) {
      const page = await listOrderHistory(reader, 'o', after, 200);
      versions.push(...(page?.steps.map(({ version }) => version) ?? []));
      after = page?.next;
    }
    expect(versions).toEqual(Array.from({ length: 3_001 }, (_, n) => BigInt(n + 1)));
    expect(pages).toBe(16);
  });

  it('has smaller pages where the notes are longer', async () => {
    const { reader } = reading(rowsOf(300, 'x'.repeat(200_000)));
    const page = await listOrderHistory(reader, 'o', 1n, 200);
    expect(page?.steps).toHaveLength(2);
    expect(page?.next).toBe(3n);
  });
});

describe('the proof that rows hold all of an order', () => {
  const proven = async (rows: readonly Row[]) => {
    const order = await findOrder(reading(rows).reader, 'o');
    return order && orderProvenUpTo(order)?.get(partitionKey('orders', shardOf('o')));
  };

  it('is the position of the head, when every step up to it is there', async () => {
    expect(await proven(rowsOf(0, ''))).toBe(901n);
    expect(await proven(rowsOf(30, ''))).toBe(931n);
  });

  it('is none when a step is missing, wherever it is, or when one is newer than the head', async () => {
    const rows = rowsOf(30, '');
    for (const missing of rows.slice(1))
      expect(await proven(rows.filter((row) => row !== missing))).toBeUndefined();
    expect(await proven(rows.map((row) => ({ ...row, version: 30n })))).toBeUndefined();
  });
});
