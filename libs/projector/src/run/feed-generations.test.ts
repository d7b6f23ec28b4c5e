import { once } from 'node:events';
import type { CassandraSession, Row } from '@meridian/cassandra';
import { sessionWith, unused } from '@meridian/cassandra/testing/stand-in-session';
import { connectKafka, silentLog } from '@meridian/messaging';
import { stockProjection } from '@meridian/projection/testing/stock-projection';
import { describe, expect, it } from 'vitest';
import { feedGenerations } from './feed-generations.ts';

const never = new Promise<never>(() => undefined);

const generation: Row = {
  projector: stockProjection.name,
  generation: 1,
  version: stockProjection.version,
  created_at: new Date(0),
  fill_until: 0n,
  filled_at: new Date(0),
  max_events_per_second: 0,
  dropped_at: null,
  epoch: 1n,
  live: 1,
  previous: null,
  newest_version: stockProjection.version,
};

/** Feeds the only generation, as its register says, from a store that otherwise does what is given. */
const feed = (given: Partial<CassandraSession>) =>
  feedGenerations({
    projection: stockProjection,
    session: sessionWith({
      execute: (cql) => Promise.resolve(cql.includes('k.projection_generation') ? [generation] : []),
      ...given,
    }),
    kafka: connectKafka({ brokers: ['none:1'], clientId: 'not connected' }),
    keyspace: 'k',
    topicPrefix: 't',
    regions: ['eu-west'],
    log: silentLog,
    onCrash: unused,
  });

describe('a generation that is not fed yet', () => {
  it('ends at once while the nodes of its region do not agree about its tables', async () => {
    let isWaiting = false;
    const feeding = await feed({
      async schema(statements, signal) {
        if (statements.every((cql) => cql.includes('k.projection_generation'))) return true;
        isWaiting = true;
        await (signal ? once(signal, 'abort') : never);
        return false;
      },
    });
    await expect.poll(() => isWaiting).toBe(true);
    await feeding.stop();
    expect(feeding.status()).toMatchObject({ hasJoined: false, assigned: [] });
  });
});
