import type { PartitionProgress, PutAside } from '@meridian/read-store';
import { describe, expect, it } from 'vitest';
import { PartitionState } from './partition-state.ts';

const place = { context: 'inventory', partition: 3 } as const;
const at = (position: bigint) => ({ ...place, position, eventTime: new Date(0) });
const REGIONS = ['eu-west', 'us-east'];
const all = new Set(REGIONS);
const loaded = (home: bigint, remote: bigint) =>
  new PartitionState({
    ...place,
    regions: REGIONS,
    parked: [],
    deferred: new Map(),
    acked: new Map([
      ['eu-west', at(home)],
      ['us-east', at(remote)],
    ]),
  });

describe('what a process knows of a partition', () => {
  it('begins with what the store says: a region behind the home region lacks what lies between', () => {
    const state = loaded(9n, 5n);
    expect([state.applied.position, state.takenOverAt]).toEqual([9n, 9n]);
    expect([state.regionsBehind(), state.pendingUpTo('us-east')]).toEqual([['us-east'], 9n]);
    expect(state.completeRegions()).toEqual(['eu-west']);
  });

  it('notes a region that has not acknowledged rows, or not recorded a progress', async () => {
    const state = loaded(9n, 9n);
    expect(state.markApplied(at(10n), new Set(['eu-west']))).toEqual(['eu-west']);
    expect(state.pendingUpTo('us-east')).toBe(10n);
    const other = loaded(9n, 9n);
    expect(other.markApplied(at(10n), all)).toEqual(REGIONS);
    await other.record(at(10n), REGIONS, { write: async () => new Set(['eu-west']) });
    expect([other.ackedPosition('eu-west'), other.ackedPosition('us-east')]).toEqual([10n, 9n]);
    expect(other.pendingUpTo('us-east')).toBe(10n);
  });

  it('keeps a region behind that missed more while it caught up', () => {
    const state = loaded(9n, 5n);
    state.markApplied(at(12n), new Set(['eu-west']));
    expect(state.markCaughtUp('us-east', 9n)).toBe(false);
    expect(state.markCaughtUp('us-east', 12n)).toBe(true);
    expect(state.regionsBehind()).toEqual([]);
  });

  it('records with each progress up to where events were ever put aside, also once they are settled', async () => {
    const aggregate = {
      ...place,
      aggregateId: 'x',
      aggregateType: 'stock',
      reason: '',
      events: 1,
      parkedAt: new Date(0),
    };
    const written: (PutAside | undefined)[] = [];
    const writer = {
      async write({ putAside }: PartitionProgress) {
        written.push(putAside);
        return all;
      },
    };
    const state = loaded(9n, 9n);
    await state.record(at(9n), REGIONS, writer);
    const parked = { ...aggregate, firstPosition: 10n, lastPosition: 10n };
    const deferred = [{ aggregateId: 'y', type: 'new', position: 11n }];
    state.quarantine({ aggregates: new Map([['x', parked]]), parked: [{ position: 10n }], deferred });
    await state.record(at(11n), REGIONS, writer);
    state.unpark('x');
    state.applyDeferred(11n);
    await state.resumeAt(at(12n), REGIONS, writer);
    const marks = { parkedUpTo: 7n, deferredUpTo: 3n, discardedUpTo: 5n };
    const next = new PartitionState({
      ...place,
      regions: REGIONS,
      parked: [],
      deferred: new Map(),
      acked: new Map(),
      marks,
    });
    await next.record(at(12n), REGIONS, writer);
    const later = { parkedUpTo: 10n, deferredUpTo: 11n };
    expect(written).toEqual([
      { parkedUpTo: 0n, deferredUpTo: 0n },
      later,
      later,
      { parkedUpTo: 7n, deferredUpTo: 3n },
    ]);
    expect(next.discardedUpTo).toBe(5n);
  });
});
