import type { CassandraSession, StatementOptions } from '@meridian/cassandra';
import { toMessage, type EventEnvelope } from '@meridian/contracts';
import { silentLog } from '@meridian/messaging';
import { stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import { deferredMarks, readProgress } from '@meridian/read-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunProjectionOptions } from '../run/options.ts';
import { runProjection, type RunningProjection } from '../run/run-projection.ts';
import { changesOf, expected, shown } from '../testing/stock-shown.ts';
import { openTestEngines, type TestEngines } from '../testing/test-engines.ts';

const changes = changesOf(300);
const events = tellStock(changes);
/** An event as an earlier version of the code sees it: its type is unknown there. */
const unknown = (event: EventEnvelope) => ({ ...event, type: 'StockCounted' });

let engines: TestEngines;
/** The same events in a topic of their own, for the version that knows all types. */
let known: TestEngines;
let running: RunningProjection[];

beforeEach(async () => {
  running = [];
  [engines, known] = await Promise.all([openTestEngines(), openTestEngines()]);
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await Promise.all([engines.close(), known.close()]);
});

async function start(options: Partial<RunProjectionOptions> = {}): Promise<RunningProjection> {
  const { home: session, kafka, keyspace, topicPrefix, regions } = engines;
  const one = await runProjection({
    projection: stockProjection,
    session,
    kafka,
    keyspace,
    topicPrefix,
    regions,
    log: silentLog,
    maxEventsPerFold: 13,
    sessionTimeoutMs: 6_000,
    onCrash: (error) => {
      throw error;
    },
    ...options,
  });
  running.push(one);
  return one;
}

async function stopAll(): Promise<void> {
  await Promise.all(running.map((one) => one.stop()));
  running = [];
}

async function allIsSeen(published: readonly EventEnvelope[]): Promise<void> {
  const last = new Map(published.map(({ shard, position }) => [`inventory/${shard}`, position]));
  const owner = { projector: stockProjection.name, generation: 1, region: 'eu-west' };
  const read = async () => (await readProgress(engines.home, engines.keyspace, owner)).positions;
  await expect.poll(read).toEqual(last);
}

const shownAtHome = () => shown(engines.home, engines.keyspace);
const keptEvents = () =>
  engines.home.execute(`SELECT * FROM ${engines.keyspace}.deferred_event`, [], {
    consistency: 'LOCAL_QUORUM',
  });
const keptIs = (count: number) => expect.poll(async () => (await keptEvents()).length).toBe(count);

/** Gives deferred events their known type in the store, as if a newer version of the code read them. */
async function makeKnown(which: (position: bigint) => boolean = () => true): Promise<void> {
  for (const row of await keptEvents()) {
    const position = BigInt(String(row['position']));
    const original = events.find((event) => event.position === position);
    if (!original || !which(position)) continue;
    await engines.home.execute(
      `UPDATE ${engines.keyspace}.deferred_event USING TIMESTAMP ? SET type = ?, headers = ? WHERE projector = ? AND generation = ? AND context = ? AND partition = ? AND position = ?`,
      [
        // This is above the runtime's write, at 2p + 1. The runtime's delete, at 2p + 2, still wins.
        2n * position + 2n,
        original.type,
        JSON.stringify(toMessage(original).headers),
        stockProjection.name,
        1,
        'inventory',
        Number(row['partition']),
        position,
      ],
      { consistency: 'EACH_QUORUM' },
    );
  }
}

/** The home session. A statement fails when `refuses` says so of its text. */
function refusing(refuses: (cql: string) => boolean): CassandraSession {
  const check = (cql: string) => {
    if (refuses(cql)) throw new Error('the store refuses');
  };
  return {
    ...engines.home,
    async execute(cql, params, options: StatementOptions) {
      check(cql);
      return engines.home.execute(cql, params, options);
    },
    async batch(statements, options) {
      for (const { cql } of statements) check(cql);
      await engines.home.batch(statements, options);
    },
  };
}

describe('an event of a type that this version does not know', () => {
  it('is kept, holds nothing up, and is applied by a version that knows it', async () => {
    await engines.publish(events.map((event, index) => (index % 60 === 59 ? unknown(event) : event)));
    const types: string[] = [];
    await start({ observer: { unknownType: (type) => types.push(type) } });
    await allIsSeen(events);
    await stopAll();
    expect(types).toHaveLength(5);
    const seen = changes.filter((_change, index) => index % 60 !== 59);
    expect((await shownAtHome()).total.events).toBe(BigInt(seen.length));
    const owner = { keyspace: engines.keyspace, projector: stockProjection.name, generation: 1 };
    const marked = (await deferredMarks(engines.remote, owner)).map(({ lastPosition }) => lastPosition);
    expect(marked).toContain(300n);
    await makeKnown();
    await start();
    await keptIs(0);
    expect(await shownAtHome()).toEqual(expected(changes));
  });

  it('is in the totals once when it was kept without its progress, and the next version knows it', async () => {
    const at = 119;
    let refuses = false;
    await engines.publish(events.slice(0, at));
    await start({ session: refusing((cql) => refuses && cql.includes('projection_progress')) });
    await allIsSeen(events.slice(0, at));
    refuses = true;
    await engines.publish([unknown(events[at]!)]);
    await keptIs(1);
    await stopAll();
    await makeKnown();
    await known.publish(events);
    await start({ topicPrefix: known.topicPrefix });
    await allIsSeen(events);
    await keptIs(0);
    expect(await shownAtHome()).toEqual(expected(changes));
  });

  it('is in the totals whatever of its aggregate was applied late before it', async () => {
    const own = events.filter(({ aggregateId }) => aggregateId === 'product-7');
    const [first, second] = [own[3]!.position, own[6]!.position];
    await engines.publish(
      events.map((event) => ([first, second].includes(event.position) ? unknown(event) : event)),
    );
    await start();
    await allIsSeen(events);
    await stopAll();
    await makeKnown((position) => position === second);
    await start();
    await keptIs(1);
    await stopAll();
    await makeKnown();
    await start();
    await keptIs(0);
    expect(await shownAtHome()).toEqual(expected(changes));
  });

  it('is tried again while the store does not take it', async () => {
    await engines.publish(events.map((event, index) => (index === 7 ? unknown(event) : event)));
    await start();
    await allIsSeen(events);
    await stopAll();
    await makeKnown();
    let refused = 0;
    await start({
      session: refusing((cql) => cql.startsWith(`DELETE FROM ${engines.keyspace}.deferred`) && refused++ < 1),
    });
    await keptIs(0);
    expect(refused).toBeGreaterThan(1);
    expect(await shownAtHome()).toEqual(expected(changes));
  });
});
