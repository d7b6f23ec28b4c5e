import type { Row } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { bigint, int, KAFKA_PARTITION, LAST_POSITION } from '@meridian/projection';

/** The last event in one partition's share of a total. */
export function includedBy(total: Row): Positions {
  return new Map([[partitionKey('orders', int(total, KAFKA_PARTITION)), bigint(total, LAST_POSITION)]]);
}
