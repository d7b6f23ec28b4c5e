import type { MysqlPool } from '@meridian/mysql';
import type { OwnedShard } from './leases.ts';

/** Keeps shards from the relay until they are marked as filled, whatever becomes of this process. Safe to repeat. */
export async function markRefilling(pool: MysqlPool, shards: readonly OwnedShard[]): Promise<void> {
  await pool.query(
    `INSERT IGNORE INTO relay_refill (shard, begun_at)
     SELECT shard, UTC_TIMESTAMP(3) FROM relay_shard WHERE shard IN (?)`,
    [shards.map(({ shard }) => shard)],
  );
}

/** Lets the relay have shards again that hold all that was published. */
export async function markFilled(pool: MysqlPool, shards: readonly OwnedShard[]): Promise<void> {
  await pool.query('DELETE FROM relay_refill WHERE shard IN (?)', [shards.map(({ shard }) => shard)]);
}

/** Whether publishing up to `toPosition` has reached what the relay had published of each shard. */
export function toTheEnd(shards: readonly OwnedShard[], toPosition: bigint | undefined): boolean {
  return toPosition === undefined || shards.every(({ untilPosition = 0n }) => untilPosition < toPosition);
}
