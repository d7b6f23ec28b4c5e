import type { CassandraSession, Statement } from '@meridian/cassandra';
import type { EventEnvelope } from '@meridian/contracts';
import { StaleBatchError } from '@meridian/messaging';
import type { FedProjection } from '@meridian/projection';
import { stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ours, ownerIn, stockRegions, take, touches } from '../testing/in-memory-owner.ts';
import type { RegionsInMemory } from '../testing/regions-in-memory.ts';
import type { Engine } from './engine.ts';

const TOTAL = 'test_pieces';
/** A read model without totals. */
const plain: FedProjection = {
  ...stockProjection,
  tables: stockProjection.tables.filter(({ kind }) => kind === 'rows'),
  project: (event) => stockProjection.project(event).filter(({ table }) => table.name !== TOTAL),
};
const changes = [5n, 7n, 4n].map((delta, n) => ({ productId: 'pear', delta, reason: `${n}` }));
const [first, second, third] = tellStock(changes, 10n);

let regions: RegionsInMemory;
/** Called before a request goes to the store. It may wait, or throw. */
let onRequest: (statements: readonly Statement[]) => Promise<void>;
let owners: Engine[];

beforeEach(() => {
  onRequest = () => Promise.resolve();
  owners = [];
  regions = stockRegions();
});
afterEach(() => Promise.all(owners.map((one) => one.stop())));

function owner(projection: FedProjection = plain): Engine {
  const session = {
    ...regions.session,
    async batch(...[statements, ...rest]: Parameters<CassandraSession['batch']>) {
      await onRequest(statements);
      await regions.session.batch(statements, ...rest);
    },
    async execute(...[cql, params, ...rest]: Parameters<CassandraSession['execute']>) {
      await onRequest([{ cql, params }]);
      return regions.session.execute(cql, params, ...rest);
    },
  };
  const engine = ownerIn(regions, { projection, session });
  owners.push(engine);
  return engine;
}

/** Begins a batch. Resolves when the next batch may begin, with a promise for the end of this one. */
async function begin(engine: Engine, events: readonly (EventEnvelope | undefined)[], control = ours) {
  const mayGoOn = Promise.withResolvers<void>();
  const end = take(engine, events, { ...control, goOn: mayGoOn.resolve });
  end.catch(() => undefined);
  await Promise.race([mayGoOn.promise, end]);
  return { end };
}

/** Waits until all work has ended that waits for the event loop only. */
async function turns(): Promise<void> {
  for (let n = 0; n < 50; n++) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether the statements are the row that this event writes. The last parameter is the timestamp. */
const isRowOf = (event: EventEnvelope | undefined, statements: readonly Statement[]) =>
  statements.some(
    ({ cql, params }) =>
      cql.startsWith('INSERT INTO k.test_level') && params.at(-1) === 2n * (event?.position ?? 0n) + 1n,
  );
const onHand = () => regions.home.rows('test_level_g1').map((row) => row['on_hand']);
const progress = () => regions.remote.rows('projection_progress').map(({ position }) => position);

describe('a batch that begins beside the one before it', () => {
  it('writes its rows while that one is not recorded, and is recorded after it', async () => {
    const one = owner();
    const gate = Promise.withResolvers<void>();
    onRequest = async (statements) => {
      if (isRowOf(first, statements)) await gate.promise;
    };
    const batches = [await begin(one, [first]), await begin(one, [second])];
    await expect.poll(onHand).toEqual([12n]);
    let isDone = false;
    void batches[1]?.end.then(() => (isDone = true));
    await turns();
    expect([isDone, progress()]).toEqual([false, []]);
    gate.resolve();
    await Promise.all(batches.map(({ end }) => end));
    expect([onHand(), progress()]).toEqual([[12n], [11n, 11n]]);
  });

  it('is given up when that one is not applied, and both are applied when they come again', async () => {
    const one = owner();
    let isStale = false;
    const refused = Promise.withResolvers<void>();
    onRequest = async (statements) => {
      if (!isRowOf(first, statements)) return;
      await refused.promise;
      isStale = true;
      throw new Error('the store does not take it');
    };
    const control = { ...ours, isStale: () => isStale };
    const batches = [await begin(one, [first], control), await begin(one, [second], control)];
    await expect.poll(onHand).toEqual([12n]);
    refused.resolve();
    for (const { end } of batches) await expect(end).rejects.toThrow(StaleBatchError);
    expect(progress()).toEqual([]);
    isStale = false;
    const written: boolean[] = [];
    onRequest = async (statements) => void written.push(isRowOf(second, statements));
    await take(one, [first, second]);
    expect(written).toContain(true);
    expect([onHand(), progress()]).toEqual([[12n], [11n, 11n]]);
  });

  it('waits for that one when something of it is parked: what is parked comes before later rows', async () => {
    const poisoned: FedProjection = {
      ...plain,
      project(event) {
        if (event.position === second?.position) throw new Error('a bug in the projection');
        return plain.project(event);
      },
    };
    const one = owner(poisoned);
    const gate = Promise.withResolvers<void>();
    const asked: string[] = [];
    onRequest = async (statements) => {
      for (const table of ['test_level', 'parked_aggregate', 'projection_progress'])
        if (touches(table, statements)) asked.push(table);
      if (isRowOf(first, statements)) await gate.promise;
    };
    const batch = await begin(one, [first]);
    const next = begin(one, [second, third]);
    await turns();
    expect(asked).toEqual(['test_level']);
    gate.resolve();
    await batch.end;
    await (
      await next
    ).end;
    expect(asked.indexOf('parked_aggregate')).toBeGreaterThan(asked.indexOf('projection_progress'));
    expect(regions.home.rows('parked_aggregate')).toMatchObject([{ first_position: 11n, events: 2 }]);
    expect([onHand(), progress()]).toEqual([[5n], [12n, 12n]]);
  });

  it('waits for that one where totals are kept: a sum is built on the one before', async () => {
    const one = owner(stockProjection);
    const gate = Promise.withResolvers<void>();
    let totals = 0;
    onRequest = async (statements) => {
      if (!touches(TOTAL, statements)) return;
      totals += 1;
      await gate.promise;
    };
    let hasGoneOn = false;
    const batch = begin(one, [first]).then(() => (hasGoneOn = true));
    await expect.poll(() => totals).toBe(1);
    await turns();
    expect(hasGoneOn).toBe(false);
    gate.resolve();
    await batch;
    await take(one, [second]);
    expect(regions.remote.rows('test_pieces_g1')).toMatchObject([{ events: 2n, received: 12n }]);
  });
});
