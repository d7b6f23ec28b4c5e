import { numberOf, type MysqlPool } from '@meridian/mysql';
import { checkedSchema } from '../key-changes.ts';

/** The number of queued keys, by region. */
export type KeysInLine = ReadonlyMap<string, number>;

const MOST = 10_000;

/** Counts the keys that each region lacks, up to 10,000 per region. */
export async function countInLine(
  pool: MysqlPool,
  schema: string,
  regions: readonly string[],
): Promise<KeysInLine> {
  const lines = new Map<string, number>();
  for (const region of regions) {
    const { rows } = await pool.query(
      `SELECT COUNT(*) AS n FROM (SELECT 1 FROM ${checkedSchema(schema)}.key_to_copy WHERE region = ? LIMIT ?) AS waiting`,
      [region, MOST],
    );
    const [row] = rows;
    lines.set(region, row ? numberOf(row, 'n') : 0);
  }
  return lines;
}
