import { setImmediate as turn } from 'node:timers/promises';
import { sessionWith, unused } from '@meridian/cassandra/testing/stand-in-session';
import { silentLog } from '@meridian/messaging';
import { stockProjection } from '@meridian/projection/testing/stock-projection';
import type { ParkedAggregate } from '@meridian/read-store';
import { expect, it } from 'vitest';
import { PartitionState } from '../partition/partition-state.ts';
import { createReapply } from './reapply.ts';

const place = { context: 'inventory', partition: 3 } as const;

const parked = Array.from({ length: 1_000 }, (_, n): ParkedAggregate => ({
  ...place,
  aggregateId: `x-${n}`,
  aggregateType: 'stock',
  reason: 'cannot',
  events: 1,
  parkedAt: new Date(0),
  firstPosition: BigInt(n + 1),
  lastPosition: BigInt(n + 1),
}));

it('copies what is parked a few aggregates at a time, in all partitions together', async () => {
  let [reading, most, read] = [0, 0, 0];
  const written: string[] = [];
  const reapply = createReapply({
    projection: stockProjection,
    keyspace: 'k',
    session: sessionWith({
      async execute(_cql, params) {
        reading += 1;
        most = Math.max(most, reading);
        await turn();
        reading -= 1;
        read += 1;
        const row = { aggregate_id: params[3], position: 1n, kafka_offset: 0n, type: 'StockReceived' };
        return [{ ...row, headers: '{}', payload: Buffer.alloc(0), reason: '' }] as never;
      },
    }),
    store: {
      regions: ['eu-west', 'us-east'],
      write: unused,
      writeTo(region, statements) {
        written.push(...statements.map(({ cql }) => `${region} ${cql.replace(/ \(.*/, '')}`));
        return Promise.resolve();
      },
      isHealthy: () => true,
      close: unused,
    },
    writer: { write: unused, writeBy: unused, statements: unused },
    reads: { read: unused },
    log: silentLog,
  });
  const stateOf = (partition: number) =>
    new PartitionState({
      ...place,
      partition,
      regions: ['eu-west', 'us-east'],
      acked: new Map(),
      parked: parked.map((one) => ({ ...one, partition })),
      deferred: new Map(),
    });
  await Promise.all([3, 4].map((partition) => reapply.copyQuarantined('us-east', stateOf(partition))));
  expect([read, most <= 16]).toEqual([2_000, true]);
  expect(written.filter((what) => what === 'us-east INSERT INTO k.parked_event')).toHaveLength(2_000);
});
