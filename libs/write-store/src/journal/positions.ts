import { partitionKey, type EventEnvelope, type PartitionKey, type Positions } from '@meridian/contracts';

/** The newest position in every partition of some events, which are in order of position. */
export function newestPositions(
  events: Iterable<Pick<EventEnvelope, 'context' | 'shard' | 'position'>>,
): Positions {
  const positions = new Map<PartitionKey, bigint>();
  for (const { context, shard, position } of events) positions.set(partitionKey(context, shard), position);
  return positions;
}
