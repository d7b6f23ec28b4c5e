import type { CassandraSession } from '@meridian/cassandra';
import { defineTable, type FedProjection, remove, write } from '@meridian/projection';
import { createReader } from '@meridian/read-store';

/** One row per stock. */
const stocks = defineTable({
  name: 'test_stock',
  partitionKey: { product_id: 'text' },
  columns: { on_hand: 'bigint', version: 'bigint' },
});

/** Stocks by the number of digits of their pieces. A row moves when this number changes. */
const byRank = defineTable({
  name: 'test_by_rank',
  partitionKey: { rank: 'int' },
  clusteringKey: { product_id: 'text' },
  columns: { on_hand: 'bigint', version: 'bigint' },
});

/** Stocks whose events were given up. Only `mendLists` writes this table. */
const mended = defineTable({
  name: 'test_mended',
  partitionKey: { product_id: 'text' },
  columns: { version: 'bigint' },
});

const rankOf = (onHand: bigint) => String(onHand).length;
const RANKS = [1, 2, 3, 4];

/** A projection with a list in which events move their aggregate. */
export const rankedStock: FedProjection = {
  name: 'test_ranked',
  version: 1,
  generation: 1,
  contexts: ['inventory'],
  tables: [stocks, byRank, mended],
  project({ aggregateId: product_id, version, data }) {
    const level = 'level' in data ? data.level : undefined;
    if (!level) return [];
    const cells = { on_hand: level.onHand, version };
    const [before, rank] = [rankOf(level.oldOnHand), rankOf(level.onHand)];
    return [
      write(stocks, { product_id }, cells),
      write(byRank, { rank, product_id }, cells),
      ...(before === rank ? [] : [remove(byRank, { rank: before, product_id })]),
    ];
  },
  async mendLists(reader, { aggregateId: product_id }) {
    const [stock] = await reader.select(stocks, 'on_hand', 'WHERE product_id = ?', [product_id]);
    const onHand = stock?.['on_hand'];
    const known = write(mended, { product_id }, { version: 0n });
    return typeof onHand === 'bigint'
      ? [known, remove(byRank, { rank: rankOf(onHand), product_id })]
      : [known];
  },
};

/** The rows of the list in its order: rank, product, pieces and version. */
export async function listedIn(session: CassandraSession, keyspace: string) {
  const reader = createReader(session, keyspace, rankedStock.generation);
  const lists = await Promise.all(RANKS.map((rank) => reader.select(byRank, '*', 'WHERE rank = ?', [rank])));
  return lists
    .flat()
    .map(
      (row) =>
        `${String(row['rank'])} ${String(row['product_id'])} ${String(row['on_hand'])} v${String(row['version'])}`,
    );
}

/** The timestamp of the row that `mendLists` writes for a product. Undefined when there is no row. */
export async function mendedAt(
  session: CassandraSession,
  keyspace: string,
  productId: string,
): Promise<bigint | undefined> {
  const reader = createReader(session, keyspace, rankedStock.generation);
  const [row] = await reader.select(mended, 'WRITETIME(version) AS at', 'WHERE product_id = ?', [productId]);
  const at = row?.['at'];
  return typeof at === 'bigint' ? at : undefined;
}
