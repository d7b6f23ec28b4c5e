import type { CassandraSession, Row } from '@meridian/cassandra';
import { SHARD_COUNT } from '@meridian/kernel';
import { int } from '../reader.ts';
import { KAFKA_PARTITION } from '../table.ts';
import type { ParkingOwner, PartitionOf } from './parked-events.ts';
import { LATE_CONTRIBUTOR } from './tables.ts';

/**
 * Whether a row of a total holds what one aggregate contributed late, after it had been parked. It counts like any other; its
 * last position says nothing about how far a partition is.
 */
export function isLateShare(total: Row): boolean {
  return int(total, KAFKA_PARTITION) >= SHARD_COUNT;
}

/**
 * The number that stands in the place of the Kafka partition in the totals' rows of one aggregate alone: the same whenever it is
 * asked for, and never another aggregate's. All regions decide on it.
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
