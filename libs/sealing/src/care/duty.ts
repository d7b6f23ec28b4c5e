import { textOf, type MysqlPool } from '@meridian/mysql';
import { checkedSchema } from '../key-changes.ts';

/** The work that one replica does for all. */
export interface Duty {
  /** Takes or renews the lease; false while another replica holds the lease. */
  hold(): Promise<boolean>;
  /** Whether the keys belong to this schema's customers: the first schema that asked is remembered. */
  isOf(ordersSchema: string): Promise<boolean>;
  /** Gives the lease up, so that another replica can take it at once. */
  release(): Promise<void>;
}

const LEASE_S = 30;

/** The duty of caring for the keys. */
export function careDuty(pool: MysqlPool, schema: string, owner: string): Duty {
  const duty = `${checkedSchema(schema)}.key_duty`;
  return {
    async hold() {
      const { affectedRows } = await pool.query(
        `UPDATE ${duty} SET owner = ?, lease_until = UTC_TIMESTAMP(3) + INTERVAL ? SECOND
         WHERE duty = 'care' AND (owner = ? OR lease_until <= UTC_TIMESTAMP(3))`,
        [owner, LEASE_S, owner],
      );
      return affectedRows === 1;
    },
    async isOf(ordersSchema) {
      const [, found] = await pool.queryAll(
        `UPDATE ${duty} SET orders_schema = ? WHERE duty = 'care' AND orders_schema = '';
         SELECT orders_schema FROM ${duty} WHERE duty = 'care'`,
        [ordersSchema],
      );
      const [row] = found?.rows ?? [];
      return row !== undefined && textOf(row, 'orders_schema') === ordersSchema;
    },
    async release() {
      await pool.query(
        `UPDATE ${duty} SET owner = '', lease_until = UTC_TIMESTAMP(3) WHERE duty = 'care' AND owner = ?`,
        [owner],
      );
    },
  };
}
