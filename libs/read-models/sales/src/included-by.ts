import type { Row } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { bigint, int, KAFKA_PARTITION, LAST_POSITION } from '@meridian/projection';
import { isLateShare } from '@meridian/read-store';

/** The last event in one partition's share of a total; what an aggregate contributed late says nothing of a partition. */
export function includedBy(total: Row): Positions {
  if (isLateShare(total)) return new Map();
  return new Map([[partitionKey('orders', int(total, KAFKA_PARTITION)), bigint(total, LAST_POSITION)]]);
}
