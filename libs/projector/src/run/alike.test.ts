import type { Statement } from '@meridian/cassandra';
import { silentLog, StaleBatchError } from '@meridian/messaging';
import { projected, toRecordedEvent, type FedProjection } from '@meridian/projection';
import { stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import { beforeEach, describe, expect, it } from 'vitest';
import { applyLate } from '../late/apply-late.ts';
import { createRegionalStore } from '../store/regional-store.ts';
import { createRowWriter } from '../store/row-writer.ts';
import { createTotalReads } from '../store/total-reads.ts';
import { ours, ownerIn, stockRegions, take, touches } from '../testing/in-memory-owner.ts';
import type { RegionsInMemory } from '../testing/regions-in-memory.ts';

const TABLES = stockProjection.tables.map((table) => `${table.name}_g1`);
const [first, second, third] = tellStock(
  [5n, 7n, -2n].map((delta) => ({ productId: 'pear', delta })),
  10n,
);

let regions: RegionsInMemory;
beforeEach(() => {
  regions = stockRegions();
});

const owner = (
  source: 'kafka' | 'journal' = 'kafka',
  onAnswers: (answers: boolean) => void = () => undefined,
  projection: FedProjection = stockProjection,
) => ownerIn(regions, { source, onAnswers, projection });

/** Refuses progress, as if the process died before the progress was written. */
const refuseProgress = (statements: readonly Statement[]) => {
  if (touches('projection_progress', statements)) throw new Error('the process is gone');
};

/** The progress of both regions, and whether they have the same rows. */
function shown() {
  const progress = regions.home.rows('projection_progress');
  const at = Object.fromEntries(progress.map((row) => [String(row['region']), row['position']]));
  for (const table of TABLES) expect(regions.remote.rows(table)).toEqual(regions.home.rows(table));
  return {
    at,
    total: regions.remote.rows('test_pieces_g1').map(({ events, last_position }) => [events, last_position]),
  };
}

describe('what the home region has of an earlier try', () => {
  it('reaches a region that was away, when the partition moves between rows and progress', async () => {
    const before = owner();
    await take(before, [first]);
    regions.remoteAnswers = false;
    let isWritten = false;
    regions.onTaken = (statements) => (isWritten ||= touches('test_pieces', statements));
    regions.onAsked = refuseProgress;
    await expect(take(before, [second], { ...ours, isStale: () => isWritten })).rejects.toThrow(
      StaleBatchError,
    );
    expect(regions.home.rows('test_pieces_g1')).toMatchObject([{ events: 2n }]);
    expect(regions.remote.rows('test_pieces_g1')).toMatchObject([{ events: 1n }]);
    regions.remoteAnswers = true;
    regions.onTaken = () => undefined;
    regions.onAsked = () => undefined;
    await take(owner(), [second]);
    expect(shown()).toEqual({ at: { 'eu-west': 11n, 'us-east': 11n }, total: [[2n, 11n]] });
    await before.stop();
  });

  it('reaches it when the same process tries again until the region is back', async () => {
    let isBack = false;
    let tries = 0;
    const one = owner('kafka', (answers) => (isBack = answers));
    await take(one, [first]);
    regions.remoteAnswers = false;
    regions.onTaken = (statements) => {
      if (!touches('test_level', statements) || isBack) return;
      tries += 1;
      // The first try has written the totals in the home region only.
      if (tries === 2) regions.remoteAnswers = true;
      throw new Error('home does not answer in time');
    };
    await take(one, [second]);
    expect(tries).toBeGreaterThan(1);
    expect(shown()).toEqual({ at: { 'eu-west': 11n, 'us-east': 11n }, total: [[2n, 11n]] });
    await one.stop();
  });

  it('reaches it when a later event of the same aggregate was parked in that try', async () => {
    const poisoned: FedProjection = {
      ...stockProjection,
      project(event) {
        if (event.position === third?.position) throw new Error('a bug in the projection');
        return stockProjection.project(event);
      },
    };
    const before = owner('kafka', undefined, poisoned);
    await take(before, [first]);
    regions.remoteAnswers = false;
    let isWritten = false;
    regions.onTaken = (statements) => (isWritten ||= touches('test_pieces', statements));
    regions.onAsked = refuseProgress;
    const batch = [second, third];
    await expect(take(before, batch, { ...ours, isStale: () => isWritten })).rejects.toThrow(StaleBatchError);
    expect(regions.home.rows('parked_aggregate')).toMatchObject([{ first_position: 12n, events: 1 }]);
    regions.remoteAnswers = true;
    regions.onTaken = () => undefined;
    regions.onAsked = () => undefined;
    await take(owner('kafka', undefined, poisoned), batch);
    expect(shown()).toEqual({ at: { 'eu-west': 12n, 'us-east': 12n }, total: [[2n, 11n]] });
    expect(regions.remote.rows('parked_aggregate')).toEqual(regions.home.rows('parked_aggregate'));
    expect(regions.remote.rows('parked_event')).toMatchObject([{ position: 12n }]);
    await before.stop();
  });

  it('reaches it when a generation is being filled', async () => {
    const one = owner('journal');
    await take(one, [first]);
    let tries = 0;
    regions.onTaken = (statements) => {
      if (touches('test_pieces', statements) && ++tries === 1)
        throw new Error('not every region has answered in time');
    };
    await take(one, [second, third]);
    expect(tries).toBe(2);
    expect(shown()).toEqual({ at: { 'eu-west': 12n, 'us-east': 12n }, total: [[3n, 12n]] });
    await one.stop();
  });

  it('is no progress that another region lacks, when the process ends in the middle of a fill', async () => {
    const before = owner('journal');
    await take(before, [first]);
    let asked = 0;
    regions.onAsked = (statements) => {
      if (touches('projection_progress', statements) && ++asked > 1) throw new Error('the process is gone');
    };
    await expect(take(before, [second], { ...ours, isStale: () => asked > 0 })).rejects.toThrow(
      StaleBatchError,
    );
    expect(shown().at).toEqual({ 'eu-west': 10n, 'us-east': 11n });
    regions.onAsked = () => undefined;
    const next = owner('journal');
    await take(next, [second, third]);
    expect(shown()).toEqual({ at: { 'eu-west': 12n, 'us-east': 12n }, total: [[3n, 12n]] });
    await Promise.all([before.stop(), next.stop()]);
  });

  it('reaches it when events of an aggregate that was parked are applied late', async () => {
    const store = createRegionalStore({
      session: regions.session,
      regions: ['eu-west', 'us-east'],
      log: silentLog,
      probePauseMs: 1,
      connectRegion: () => regions.connectRegion(),
    });
    const writer = createRowWriter({ session: regions.session, keyspace: 'k', generation: 1 });
    const reads = createTotalReads(regions.session, writer);
    const parts = { projection: stockProjection, session: regions.session, store, writer, reads };
    const event = first && toRecordedEvent(first);
    if (!event) throw new Error('no event');
    const place = { context: 'inventory', partition: event.shard } as const;
    const late = () =>
      applyLate({ ...parts, owner: { keyspace: 'k', projector: 'p', generation: 1 } }, place, 'pear', [
        projected(stockProjection, event),
      ]);
    regions.remoteAnswers = false;
    await expect(late()).rejects.toThrow('not acknowledged by us-east');
    regions.remoteAnswers = true;
    await expect.poll(() => store.isHealthy('us-east')).toBe(true);
    await late();
    expect(shown().total).toEqual([[1n, 10n]]);
    await store.close();
  });
});

describe('a batch of which an event is parked', () => {
  it('writes what is parked before its rows, so that early readers can tell what these lack', async () => {
    const one = owner();
    const written: string[] = [];
    regions.onTaken = (statements) => {
      for (const table of ['deferred_mark', 'test_level'])
        if (touches(table, statements)) written.push(table);
    };
    await take(one, [first, second && { ...second, type: 'StockOfTheFuture' }, third]);
    expect(new Set(written)).toEqual(new Set(['deferred_mark', 'test_level']));
    expect(written[0]).toBe('deferred_mark');
    await one.stop();
  });
});
