import { SPECULATIVE_RETRY } from '@meridian/cassandra';

/** What keeps parked events, and what is asked about them. All read models of a keyspace share these tables. */
export const PARKED_AGGREGATE = 'parked_aggregate';
export const PARKED_MARK = 'parked_mark';
export const PARKED_EVENT = 'parked_event';
export const PARKING_REQUEST = 'parking_request';
export const LATE_CONTRIBUTOR = 'late_contributor';
export const DEFERRED_EVENT = 'deferred_event';
export const DEFERRED_MARK = 'deferred_mark';

/** The statements that make these tables, if they are missing. */
export function createParkingTablesCql(keyspace: string): readonly string[] {
  const create = (table: string, columns: string) =>
    `CREATE TABLE IF NOT EXISTS ${keyspace}.${table} (projector text, generation int, context text, partition int, ${columns}) WITH ${SPECULATIVE_RETRY}`;
  return [
    create(
      PARKED_AGGREGATE,
      'aggregate_id text, aggregate_type text, reason text, first_position bigint, last_position bigint, events int, parked_at timestamp, PRIMARY KEY ((projector, generation), context, partition, aggregate_id)',
    ),
    create(
      PARKED_MARK,
      'last_position bigint, decision text, discarded_up_to bigint, PRIMARY KEY ((projector, generation), context, partition)',
    ),
    create(
      PARKED_EVENT,
      'aggregate_id text, position bigint, kafka_offset bigint, type text, headers text, payload blob, reason text, PRIMARY KEY ((projector, generation, context, aggregate_id), position, kafka_offset)',
    ),
    create(
      PARKING_REQUEST,
      'aggregate_id text, request_id text, action text, requested_at timestamp, finished_id text, outcome text, detail text, finished_at timestamp, PRIMARY KEY ((projector, generation), context, partition, aggregate_id)',
    ),
    create(
      LATE_CONTRIBUTOR,
      'slot int, aggregate_id text, PRIMARY KEY ((projector, generation, context, partition), slot)',
    ),
    create(
      DEFERRED_EVENT,
      'aggregate_id text, position bigint, kafka_offset bigint, type text, headers text, payload blob, PRIMARY KEY ((projector, generation, context, partition), position)',
    ),
    create(DEFERRED_MARK, 'last_position bigint, PRIMARY KEY ((projector, generation), context, partition)'),
    `ALTER TABLE ${keyspace}.${PARKED_MARK} ADD IF NOT EXISTS discarded_up_to bigint`,
  ];
}
