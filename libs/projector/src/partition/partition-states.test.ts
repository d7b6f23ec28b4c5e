import type { CassandraSession, Row } from '@meridian/cassandra';
import { sessionWith } from '@meridian/cassandra/testing/stand-in-session';
import { describe, expect, it } from 'vitest';
import { createPartitionStates } from './partition-states.ts';

const place = { context: 'inventory', partition: 3 };
const progressAt = (position: bigint): Row => ({
  ...place,
  position,
  event_time: new Date(0),
  next_offset: 0n,
});
const parked: Row = {
  ...place,
  aggregate_id: 'x',
  aggregate_type: 'stock',
  reason: 'cannot',
  first_position: 9n,
  last_position: 9n,
  events: 1,
  parked_at: new Date(0),
};

/**
 * A store that changes after the first read: the earlier owner parks an aggregate, and then records the progress that
 * passes its events.
 */
function changingStore(): CassandraSession {
  let looks = 0;
  const execute = (cql: string): Promise<readonly Row[]> => {
    const isFirst = looks++ === 0;
    if (cql.includes('projection_progress')) return Promise.resolve([progressAt(isFirst ? 8n : 9n)]);
    if (cql.includes('parked_aggregate')) return Promise.resolve(isFirst ? [] : [parked]);
    return Promise.resolve([]);
  };
  return sessionWith({ execute });
}

describe('the state of a partition', () => {
  it('names every aggregate that was parked before the progress that it names', async () => {
    const store = { session: changingStore(), keyspace: 'k', projector: 'p', generation: 1 };
    const state = await createPartitionStates({ ...store, regions: ['eu-west'] }).get('inventory', 3);
    const seen = { applied: state.applied.position, parked: [...state.parked.keys()] };
    expect(seen).not.toEqual({ applied: 9n, parked: [] });
    expect(seen.parked).toEqual(['x']);
  });

  it('takes no region for behind home while a fill records first theirs and then home’s', async () => {
    const recorded = new Map([
      ['eu-west', 8n],
      ['us-east', 8n],
    ]);
    const execute = async (cql: string, values: readonly unknown[] = []): Promise<readonly Row[]> => {
      if (!cql.includes('projection_progress')) return [];
      const read = [...recorded].flatMap(([region, at]) => (values.includes(region) ? [progressAt(at)] : []));
      // Between any two reads, the fill goes on in both regions.
      for (const region of ['us-east', 'eu-west']) recorded.set(region, (recorded.get(region) ?? 0n) + 1n);
      return read;
    };
    const store = { session: sessionWith({ execute }), keyspace: 'k', projector: 'p', generation: 1 };
    const state = await createPartitionStates({ ...store, regions: ['eu-west', 'us-east'] }).get(
      'inventory',
      3,
    );
    expect(state.regionsBehind()).toEqual([]);
  });
});
