import type { CassandraSession } from '@meridian/cassandra';
import { levels, pieces, receipts } from '@meridian/projection/testing/stock-projection';
import { createReader } from '@meridian/read-store';

const PRODUCTS = Array.from({ length: 20 }, (_, index) => `product-${index}`);

/** The rows of a region: stock levels, receipts and the total over all Kafka partitions. */
export async function shown(session: CassandraSession, keyspace: string) {
  const reader = createReader(session, keyspace, 1);
  const rowsOf = await Promise.all(
    PRODUCTS.map((id) => reader.select(levels, 'product_id, on_hand, version', 'WHERE product_id = ?', [id])),
  );
  const shared = await reader.select(receipts, 'product_id, received, adjusted', 'WHERE bucket = ?', [0]);
  const totals = await reader.select(pieces, 'received, adjusted, events', 'WHERE what = ?', ['all']);
  const sum = (column: string) =>
    totals.reduce((total, row) => total + BigInt(String(row[column] ?? 0n)), 0n);
  return {
    levels: rowsOf.flat(),
    receipts: shared,
    total: { received: sum('received'), adjusted: sum('adjusted'), events: sum('events') },
  };
}

/** The same rows, made from the events without the runtime. */
export function expected(changes: readonly { productId: string; delta: bigint }[]) {
  const stocks = new Map<string, { onHand: bigint; version: bigint; received?: bigint; adjusted?: bigint }>();
  const total = { received: 0n, adjusted: 0n, events: 0n };
  for (const { productId, delta } of changes) {
    const stock = stocks.get(productId) ?? { onHand: 0n, version: 0n };
    const found = stock.onHand + delta < 0n ? -stock.onHand : delta;
    if (delta > 0n) total.received += delta;
    else total.adjusted += found;
    total.events += 1n;
    stocks.set(productId, {
      ...stock,
      onHand: stock.onHand + found,
      version: stock.version + 1n,
      ...(delta > 0n ? { received: delta } : { adjusted: found }),
    });
  }
  const inOrder = PRODUCTS.flatMap((productId) => {
    const stock = stocks.get(productId);
    return stock ? [{ product_id: productId, ...stock }] : [];
  });
  // A row exists unless the last adjustment left no piece.
  const there = inOrder.filter(({ onHand }) => onHand > 0n);
  return {
    levels: there.map(({ product_id, onHand, version }) => ({ product_id, on_hand: onHand, version })),
    receipts: inOrder
      .map(({ product_id, received = null, adjusted = null }) => ({ product_id, received, adjusted }))
      .sort((a, b) => (a.product_id < b.product_id ? -1 : 1)),
    total,
  };
}

/** Changes that look random, and are the same in every run. */
export function changesOf(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    productId: PRODUCTS[(index * 7) % PRODUCTS.length] ?? '',
    delta: BigInt(((index * 37) % 11) - 4),
  })).map((change) => ({ ...change, delta: change.delta === 0n ? 1n : change.delta }));
}
