import type { Row } from '@meridian/cassandra';
import { sessionWith, unused } from '@meridian/cassandra/testing/stand-in-session';
import type { Projection } from '@meridian/projection';
import { stockProjection } from '@meridian/projection/testing/stock-projection';
import type { ParkedAggregate, ParkingAction } from '@meridian/read-store';
import { describe, expect, it } from 'vitest';
import { PartitionState } from '../partition/partition-state.ts';
import { executeRequest } from './execute-request.ts';

const place = { context: 'inventory', partition: 3 } as const;
const eventTime = new Date(0);
const x: ParkedAggregate = {
  ...place,
  aggregateId: 'x',
  aggregateType: 'stock',
  reason: 'cannot',
  events: 2,
  parkedAt: eventTime,
  firstPosition: 9n,
  lastPosition: 11n,
};
const xRow: Row = {
  ...place,
  aggregate_id: 'x',
  aggregate_type: 'stock',
  reason: 'cannot',
  events: 2,
  parked_at: eventTime,
  first_position: 9n,
  last_position: 11n,
};

const withoutTotals = {
  ...stockProjection,
  tables: stockProjection.tables.filter(({ kind }) => kind !== 'totals'),
};

interface Given {
  /** The parked aggregates in the store. */
  readonly rows?: readonly Row[];
  readonly projection?: Projection;
  /** The regions that acknowledge nothing. */
  readonly missing?: readonly string[];
}

function setUp(
  home: bigint,
  elsewhere: bigint,
  parked: readonly ParkedAggregate[],
  { rows = [], projection = stockProjection, missing = [] }: Given = {},
) {
  const at = (position: bigint) => ({ ...place, position, eventTime });
  const state = new PartitionState({
    ...place,
    regions: ['eu-west', 'us-east'],
    acked: new Map([
      ['eu-west', at(10n)],
      ['us-east', at(elsewhere)],
    ]),
    parked,
    deferred: new Map(),
  });
  state.markApplied(at(home), new Set(['eu-west', 'us-east']));
  state.markRecorded(at(home), ['eu-west'], new Set(['eu-west']));
  const written: string[] = [];
  const parts = {
    projection,
    owner: { keyspace: 'k', projector: 'p', generation: 1 },
    session: sessionWith({
      execute: (cql: string) => Promise.resolve(cql.includes('parked_aggregate') ? rows : []),
    }),
    store: {
      regions: ['eu-west', 'us-east'],
      write: (statements: readonly { cql: string }[], acknowledged: Set<string>) => {
        for (const region of missing) acknowledged.delete(region);
        written.push(...statements.map(({ cql }) => cql.replace(/ (USING|\().*/, '')));
        return Promise.resolve();
      },
      writeTo: unused,
      isHealthy: () => true,
      close: unused,
    },
    writer: { write: unused, writeBy: () => Promise.resolve(), statements: unused },
    reads: { read: unused },
  };
  const ask = (action: ParkingAction, hasBegunRetry = false) =>
    executeRequest(parts, state, {
      ...place,
      aggregateId: 'x',
      requestId: 'r',
      action,
      requestedAt: eventTime,
      detail: '',
      hasBegunRetry,
    });
  return { ask, state, written };
}

// The decision comes last: whoever sees the mark move reads a list that is up to date.
const DECIDED = [
  'INSERT INTO k.parked_mark',
  'INSERT INTO k.projection_progress',
  'INSERT INTO k.projection_progress',
];
const FORGOTTEN = ['DELETE FROM k.parked_event', 'DELETE FROM k.parked_aggregate', ...DECIDED];
// Whoever finds the list without the aggregate knows up to where events were discarded.
const DISCARDED = ['INSERT INTO k.parked_mark', ...FORGOTTEN];

describe('what an operator asks for', () => {
  it('waits while Kafka would bring again what is parked: the progress that passes it is not recorded', async () => {
    const { ask, state, written } = setUp(10n, 10n, [x]);
    for (const action of ['retry', 'discard'] as const)
      expect(await ask(action)).toMatchObject({ waitsFor: 'waits for the partition to come to 11' });
    expect(written).toEqual([]);
    expect(state.parked.has('x')).toBe(true);
  });

  it('waits with a discard, not with a retry, for a region that must catch up with what is parked', async () => {
    const { ask, state, written } = setUp(20n, 10n, [x], { projection: withoutTotals });
    expect(await ask('discard')).toMatchObject({ waitsFor: 'waits for region us-east to catch up' });
    expect(written).toEqual([]);
    expect(await ask('retry')).toMatchObject({ outcome: 'done' });
    expect(state.parked.has('x')).toBe(false);
  });

  it('waits with a retry, too, where totals are kept: a region behind may become home', async () => {
    const { ask, state, written } = setUp(20n, 10n, [x]);
    expect(await ask('retry')).toMatchObject({ waitsFor: 'waits for region us-east to catch up' });
    expect(written).toEqual([]);
    expect(state.parked.has('x')).toBe(true);
  });

  it('says first, in every region, that a retry begins; then a discard lets it come to its end', async () => {
    const { ask, written } = setUp(20n, 20n, [x]);
    expect(await ask('retry')).toEqual({ outcome: 'done', detail: '0 events applied' });
    expect(written).toEqual(['INSERT INTO k.parking_request', ...FORGOTTEN]);
    const begun = setUp(20n, 20n, [x]);
    const told = { outcome: 'done', detail: 'a retry had begun: 0 events applied' };
    expect(await begun.ask('discard', true)).toEqual(told);
    expect(begun.written).toEqual(FORGOTTEN);
  });

  it('waits while a region does not take it, and knows that a retry may have begun', async () => {
    const { ask, state } = setUp(20n, 20n, [x], { missing: ['us-east'] });
    for (const [action, hasBegunRetry] of [
      ['retry', true],
      ['discard', false],
    ] as const)
      expect(await ask(action)).toEqual({ waitsFor: 'waits for region us-east to take it', hasBegunRetry });
    expect(state.parked.has('x')).toBe(true);
  });

  it('is done once every region is beyond what is parked', async () => {
    const { ask, state, written } = setUp(20n, 11n, [x]);
    expect(await ask('discard')).toEqual({ outcome: 'done', detail: '2 events discarded' });
    expect(written).toEqual(DISCARDED);
    expect(state.parked.size).toBe(0);
  });

  it('looks at the store for what this process has not heard of', async () => {
    const { ask, written } = setUp(20n, 20n, [], { rows: [xRow] });
    expect(await ask('discard')).toEqual({ outcome: 'done', detail: '2 events discarded' });
    expect(written).toEqual(DISCARDED);
    const nothing = setUp(20n, 20n, []);
    expect(await nothing.ask('retry')).toEqual({ outcome: 'done', detail: 'nothing of it is parked' });
    expect(nothing.written).toEqual(DECIDED);
  });

  it('does not apply again what a process without the partition parked, and this one applied', async () => {
    const late = { ...xRow, first_position: 11n };
    const { ask, state, written } = setUp(20n, 20n, [], { rows: [late] });
    expect(await ask('retry')).toMatchObject({ outcome: 'done', detail: /^nothing of it was parked/ });
    expect(written).toEqual(FORGOTTEN);
    expect(state.parked.size).toBe(0);
  });
});
