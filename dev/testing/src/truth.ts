import {
  partitionKey,
  contextOf,
  isEventType,
  toToken,
  type ConsistencyToken,
  type PartitionKey,
} from '@meridian/contracts';
import { bigintOf, createPool, textOf, type MysqlPool } from '@meridian/mysql';

/** The data of MySQL: what every region must answer in the end. */
export interface Truth {
  /** Names the last event of every partition. */
  lastToken(): Promise<ConsistencyToken>;
  /** Events in the journal. */
  eventCount(): Promise<bigint>;
  /** Positions or versions that are missing or doubled; none in a correct journal. */
  journalFaults(): Promise<readonly string[]>;
  /** By country: orders placed, and their worth less returns. */
  salesByCountry(): Promise<ReadonlyMap<string, { readonly orders: bigint; readonly revenueMinor: bigint }>>;
  /** By product. */
  stock(): Promise<
    ReadonlyMap<string, { readonly onHand: bigint; readonly reserved: bigint; readonly version: bigint }>
  >;
  /** By order: status and version. */
  orders(): Promise<ReadonlyMap<string, { readonly status: string; readonly version: bigint }>>;
  close(): Promise<void>;
}

/** Reads the truth from the write side's tables. */
export function openTruth(url: string, database: string): Truth {
  const pool = createPool({ url, database });
  return {
    lastToken: () => lastToken(pool),
    async eventCount() {
      const { rows } = await pool.query('SELECT COUNT(*) AS events FROM journal');
      const [row] = rows;
      return row ? bigintOf(row, 'events') : 0n;
    },
    journalFaults: () => journalFaults(pool),
    async salesByCountry() {
      const { rows } = await pool.query(
        `SELECT o.country, COUNT(DISTINCT o.order_id) AS orders,
                CAST(SUM((l.quantity - l.returned_quantity) * l.unit_price_minor) AS CHAR) AS revenue
         FROM orders o JOIN order_line l USING (order_id) WHERE o.status <> 'cancelled' GROUP BY o.country`,
      );
      return new Map(
        rows.map((row) => [
          textOf(row, 'country'),
          { orders: BigInt(String(row['orders'])), revenueMinor: BigInt(textOf(row, 'revenue')) },
        ]),
      );
    },
    async stock() {
      const { rows } = await pool.query('SELECT product_id, on_hand, reserved, version FROM stock');
      return new Map(
        rows.map((row) => [
          textOf(row, 'product_id'),
          {
            onHand: bigintOf(row, 'on_hand'),
            reserved: bigintOf(row, 'reserved'),
            version: bigintOf(row, 'version'),
          },
        ]),
      );
    },
    async orders() {
      const { rows } = await pool.query('SELECT order_id, status, version FROM orders');
      return new Map(
        rows.map((row) => [
          textOf(row, 'order_id'),
          { status: textOf(row, 'status'), version: bigintOf(row, 'version') },
        ]),
      );
    },
    close: () => pool.close(),
  };
}

async function lastToken(pool: MysqlPool): Promise<ConsistencyToken> {
  const { rows } = await pool.query(
    'SELECT type, shard, MAX(position) AS position FROM journal GROUP BY type, shard',
  );
  const positions = new Map<PartitionKey, bigint>();
  for (const row of rows) {
    const type = textOf(row, 'type');
    if (!isEventType(type)) throw new Error(`the journal holds an unknown type: ${type}`);
    const key = partitionKey(contextOf(type), Number(row['shard']));
    const position = bigintOf(row, 'position');
    if (position > (positions.get(key) ?? 0n)) positions.set(key, position);
  }
  return toToken(positions);
}

async function journalFaults(pool: MysqlPool): Promise<readonly string[]> {
  const checks = {
    'positions have gaps or doubles':
      'SELECT 1 FROM (SELECT COUNT(*) AS n, MAX(position) AS last, COUNT(DISTINCT position) AS d FROM journal) t WHERE n <> last OR n <> d',
    'the head is not the last position':
      'SELECT 1 FROM journal_head WHERE position <> (SELECT MAX(position) FROM journal)',
    'versions of an aggregate have gaps':
      'SELECT 1 FROM journal GROUP BY aggregate_type, aggregate_id HAVING COUNT(*) <> MAX(aggregate_version) LIMIT 1',
    'an order’s row is not at its last version':
      "SELECT 1 FROM orders o WHERE version <> (SELECT MAX(aggregate_version) FROM journal j WHERE j.aggregate_type = 'order' AND j.aggregate_id = o.order_id) LIMIT 1",
    'more is promised than is there': 'SELECT 1 FROM stock WHERE reserved > on_hand OR reserved < 0 LIMIT 1',
  };
  const faults: string[] = [];
  for (const [fault, sql] of Object.entries(checks))
    if ((await pool.query(sql)).rows.length > 0) faults.push(fault);
  return faults;
}
