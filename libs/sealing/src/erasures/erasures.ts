import { booleanOf, dateOf, textOf, type MysqlPool } from '@meridian/mysql';
import { checkedSchema } from '../key-changes.ts';
import { isPending, type Erasure, type ErasureCursor } from './erasure.ts';
import { regionsOfErasures } from './regions-of-erasures.ts';

/** Which part of the list to read. */
export interface ListErasuresOptions {
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: ErasureCursor | undefined;
  /** Only those that are pending in some region, or done in all. */
  readonly state?: 'pending' | 'done' | undefined;
}

/** A part of the list. */
export interface ErasurePage {
  readonly erasures: readonly Erasure[];
  /** Undefined at the end of the list. */
  readonly next: ErasureCursor | undefined;
}

/** The erasures that the key store has recorded. They are kept for good. */
export interface Erasures {
  /** Undefined when the customer is not erased, or there is no such customer. */
  find(customerId: string): Promise<Erasure | undefined>;
  /**
   * Erasures, the newest first. With a state, one call looks at a thousand at most. So it may find fewer than `limit`, or none, and
   * still have more to look at.
   */
  list(options: ListErasuresOptions): Promise<ErasurePage>;
}

/** Where the erasures are recorded. */
export interface ErasuresOptions {
  readonly pool: MysqlPool;
  readonly schema: string;
  /** Where the customers are, on the same server: a key that was destroyed because it had no customer is no erasure. */
  readonly ordersSchema: string;
  /** The regions in the order in which to name them, the home region first. */
  readonly regions: readonly string[];
}

const MOST_LOOKED_AT = 1_000;

/** The erasures in the keys' schema. */
export function createErasures({ pool, schema, ordersSchema, regions }: ErasuresOptions): Erasures {
  const keys = `${checkedSchema(schema)}.customer_key`;
  const customers = `${checkedSchema(ordersSchema)}.customer`;
  const completed = regionsOfErasures(pool, schema, regions);

  async function looked(after: ErasureCursor | undefined, limit: number): Promise<readonly Looked[]> {
    const from = after
      ? {
          sql: 'destroyed_at <= ? AND (destroyed_at < ? OR customer_id < ?)',
          values: [after.erasedAt, after.erasedAt, after.customerId],
        }
      : { sql: 'destroyed_at IS NOT NULL', values: [] };
    const { rows } = await pool.query(
      `SELECT k.customer_id, k.destroyed_at, COALESCE(c.erased, FALSE) AS erased FROM (
         SELECT customer_id, destroyed_at FROM ${keys} FORCE INDEX (customer_key_destroyed)
         WHERE ${from.sql} ORDER BY destroyed_at DESC, customer_id DESC LIMIT ?
       ) AS k LEFT JOIN ${customers} c ON c.customer_id = k.customer_id
       ORDER BY k.destroyed_at DESC, k.customer_id DESC`,
      [...from.values, limit],
    );
    return rows.map((row) => ({
      customerId: textOf(row, 'customer_id'),
      erasedAt: dateOf(row, 'destroyed_at'),
      isErasure: booleanOf(row, 'erased'),
    }));
  }

  return {
    async find(customerId) {
      const { rows } = await pool.execute(
        `SELECT k.destroyed_at FROM ${keys} k JOIN ${customers} c ON c.customer_id = k.customer_id
         WHERE k.customer_id = ? AND k.state = 2 AND c.erased = TRUE`,
        [customerId],
      );
      const [row] = rows;
      if (!row) return undefined;
      const [erasure] = await completed([{ customerId, erasedAt: dateOf(row, 'destroyed_at') }]);
      return erasure;
    },
    async list({ limit, after, state }) {
      const most = state === undefined ? limit : MOST_LOOKED_AT;
      const candidates = await looked(after, most);
      const all = await completed(candidates.filter(({ isErasure }) => isErasure));
      const fitting = all.filter((one) => state === undefined || isPending(one) === (state === 'pending'));
      const erasures = fitting.slice(0, limit);
      const last = fitting.length > limit ? erasures.at(-1) : candidates.at(-1);
      const isAtEnd = candidates.length < most && fitting.length <= limit;
      return { erasures, next: isAtEnd || !last ? undefined : cursorOf(last) };
    },
  };
}

/** A row of the list that was read; not all are erasures of customers. */
interface Looked extends ErasureCursor {
  readonly isErasure: boolean;
}

const cursorOf = ({ customerId, erasedAt }: ErasureCursor): ErasureCursor => ({ customerId, erasedAt });
