import { booleanOf, dateOf, numberOf, optional, textOf, type MysqlPool, type Row } from '@meridian/mysql';
import { checkedSchema } from '../key-changes.ts';
import type { Erasure, ErasureCursor, PendingReason, RegionErasure } from './erasure.ts';

/** How long a failure of a region counts. A region that is away is tried every five seconds at least. */
const FAILURE_COUNTS_S = 60;

/**
 * Completes erasures by what each region has made of them. One statement reads it all, so no erasure is seen between its queue and its
 * record.
 */
export function regionsOfErasures(
  pool: MysqlPool,
  schema: string,
  order: readonly string[],
): (erasures: readonly ErasureCursor[]) => Promise<readonly Erasure[]> {
  const sql = `SELECT k.customer_id, r.region, d.done_at, l.tries, l.region IS NOT NULL AS in_line,
      k.copied = 2 AND r.fill_round = 0 AS was_queued,
      COALESCE(r.failed_at > UTC_TIMESTAMP(3) - INTERVAL ? SECOND, FALSE) AS fails
    FROM ${checkedSchema(schema)}.customer_key k FORCE INDEX (PRIMARY) CROSS JOIN ${schema}.key_region r
    LEFT JOIN ${schema}.key_to_copy l FORCE INDEX (PRIMARY) ON l.region = r.region AND l.customer_id = k.customer_id
    LEFT JOIN ${schema}.key_erased d ON d.region = r.region AND d.customer_id = k.customer_id
      AND d.erased_at = k.destroyed_at AND d.done_at >= r.added_at
    WHERE k.customer_id IN (?) AND k.state = 2`;
  const placeOf = ({ region }: RegionErasure) => (order.includes(region) ? order.indexOf(region) : Infinity);

  return async (erasures) => {
    if (erasures.length === 0) return [];
    const ids = erasures.map(({ customerId }) => customerId);
    const { rows } = await pool.query(sql, [FAILURE_COUNTS_S, ids]);
    const found = Map.groupBy(rows, (row) => textOf(row, 'customer_id'));
    return erasures.flatMap(({ customerId, erasedAt }) => {
      const regions = found.get(customerId)?.map(regionOf);
      // Registered anew since, as may be after a restore.
      if (!regions) return [];
      const byPlace = (a: RegionErasure, b: RegionErasure) =>
        placeOf(a) - placeOf(b) || (a.region < b.region ? -1 : 1);
      return [{ customerId, erasedAt, regions: regions.sort(byPlace) }];
    });
  };
}

function regionOf(row: Row): RegionErasure {
  const region = textOf(row, 'region');
  const pending = (reason: PendingReason): RegionErasure => ({ region, state: 'pending', reason });
  if (booleanOf(row, 'in_line')) {
    if (booleanOf(row, 'fails')) return pending('region-unavailable');
    return pending(numberOf(row, 'tries') > 0 ? 'not-acknowledged' : 'queued');
  }
  const doneAt = optional(row, 'done_at', dateOf);
  if (doneAt || booleanOf(row, 'was_queued')) return { region, state: 'done', doneAt };
  return pending('region-filling');
}
