import { crc32 } from 'node:zlib';

/** How many shards the journal has and so how many partitions every topic of events. Changing it means new topics. */
export const SHARD_COUNT = 12;

/** The shard of an aggregate and the Kafka partition of its events: CRC-32 of the id's UTF-8 bytes, modulo SHARD_COUNT. */
export function shardOf(aggregateId: string): number {
  return crc32(aggregateId) % SHARD_COUNT;
}
