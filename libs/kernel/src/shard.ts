import { crc32 } from 'node:zlib';

/**
 * The number of shards of the journal, and so of partitions of every topic of events. Another number needs
 * new topics.
 */
export const SHARD_COUNT = 12;

/** The shard of an aggregate and the Kafka partition of its events: CRC-32 of the id's UTF-8 bytes, modulo SHARD_COUNT. */
export function shardOf(aggregateId: string): number {
  return crc32(aggregateId) % SHARD_COUNT;
}
