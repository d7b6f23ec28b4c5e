import type { CassandraSession, Row } from '@meridian/cassandra';
import { SHARD_COUNT } from '@meridian/kernel';
import { int, KAFKA_PARTITION } from '@meridian/projection';
import type { ParkingOwner, PartitionOf } from './parked-events.ts';
import { LATE_CONTRIBUTOR } from './tables.ts';

/**
 * Whether a row of a total holds what was contributed late, by an aggregate that had been parked or an event that had been kept. It counts like any other; its
 * last position says nothing about how far a partition is.
 */
export function isLateShare(total: Row): boolean {
  return int(total, KAFKA_PARTITION) >= SHARD_COUNT;
}

const FIRST_DEFERRED_SHARE = 2 ** 30;

/**
 * The number that stands there in the totals' rows of one event alone, which an earlier version of the code did not know. Events of
 * one total whose positions are a multiple of 2^30 apart would share it: `deferredTotals` refuses the second.
 */
export function deferredShareOf(position: bigint): number {
  return FIRST_DEFERRED_SHARE + Number(position % BigInt(FIRST_DEFERRED_SHARE));
}

/**
 * The number that stands in the place of the Kafka partition in the totals' rows of one aggregate alone. The number is
 * always the same, and never another aggregate's. All regions decide on it.
 */
export async function lateShareOf(
  session: CassandraSession,
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition }: PartitionOf,
  aggregateId: string,
): Promise<number> {
  for (;;) {
    const rows = await session.execute(
      `SELECT slot, aggregate_id FROM ${keyspace}.${LATE_CONTRIBUTOR} WHERE projector = ? AND generation = ? AND context = ? AND partition = ?`,
      [projector, generation, context, partition],
      { consistency: 'LOCAL_QUORUM' },
    );
    const known = rows.find((row) => row['aggregate_id'] === aggregateId);
    if (known) return int(known, 'slot');
    const slot = Math.max(partition, ...rows.map((row) => int(row, 'slot'))) + SHARD_COUNT;
    const taken = await session.executeIf(
      `INSERT INTO ${keyspace}.${LATE_CONTRIBUTOR} (projector, generation, context, partition, slot, aggregate_id) VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS`,
      [projector, generation, context, partition, slot, aggregateId],
    );
    if (taken) return slot;
  }
}
