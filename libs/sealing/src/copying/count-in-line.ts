import { numberOf, type MysqlPool } from '@meridian/mysql';
import { checkedSchema } from '../key-changes.ts';

/** How many keys are in line, by region. */
export type KeysInLine = ReadonlyMap<string, number>;

const MOST = 10_000;

/** Counts the keys that each region lacks, no further than 10,000. */
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
