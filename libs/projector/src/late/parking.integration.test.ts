import { toMessage, topicOf, type EventEnvelope } from '@meridian/contracts';
import { createEventProducer, silentLog } from '@meridian/messaging';
import type { FedProjection } from '@meridian/projection';
import { stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import {
  askToRetryOrDiscard,
  parkedAggregates,
  parkedEvents,
  type ParkingAction,
  readParkingRequest,
  quarantineMarks,
  readProgress,
} from '@meridian/read-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunProjectionOptions } from '../run/options.ts';
import { runProjection, type RunningProjection } from '../run/run-projection.ts';
import { changesOf, expected, shown } from '../testing/stock-shown.ts';
import { openTestEngines, type TestEngines } from '../testing/test-engines.ts';

const POISON = 'product-7';
const changes = changesOf(300);
const events = tellStock(changes);
const poisoned = events.filter(({ aggregateId }) => aggregateId === POISON);
const others = changes.filter(({ productId }) => productId !== POISON);

let engines: TestEngines;
let running: RunningProjection[];
/** The version of the poisoned product from which on the projection fails. Undefined once the projection is mended. */
let failsFrom: bigint | undefined;

const projection: FedProjection = {
  ...stockProjection,
  project(event) {
    const fails = event.aggregateId === POISON && failsFrom !== undefined && event.version >= failsFrom;
    if (fails) throw new Error('a bug in the projection');
    return stockProjection.project(event);
  },
};

beforeEach(async () => {
  running = [];
  engines = await openTestEngines();
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await engines.close();
});

const owner = () => ({ keyspace: engines.keyspace, projector: projection.name, generation: 1 });
const parked = (session = engines.home) => parkedAggregates(session, engines.keyspace, projection.name, 1);

async function start(options: Partial<RunProjectionOptions> = {}): Promise<RunningProjection> {
  const { home: session, kafka, keyspace, topicPrefix, regions } = engines;
  const one = await runProjection({
    projection,
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

/** Resolves when the progress of every partition is at its last published event. */
async function allIsSeen(published: readonly EventEnvelope[]): Promise<void> {
  const last = new Map(published.map(({ shard, position }) => [`inventory/${shard}`, position]));
  const read = async () =>
    (await readProgress(engines.home, engines.keyspace, { ...owner(), region: 'eu-west' })).positions;
  await expect.poll(read).toEqual(last);
}

/** The marks that the progress of each region tells are those of the marks' own table. */
async function progressTellsMarks(): Promise<void> {
  for (const [region, session] of [
    ['eu-west', engines.home],
    ['us-east', engines.remote],
  ] as const) {
    const { marks } = await readProgress(session, engines.keyspace, { ...owner(), region });
    expect(marks?.parked).not.toEqual([]);
    expect(marks).toEqual(await quarantineMarks(session, owner()));
  }
}

async function ask(action: ParkingAction) {
  const [aggregate] = await parked();
  if (!aggregate) throw new Error('nothing is parked');
  await askToRetryOrDiscard(engines.home, owner(), aggregate, action);
  const outcome = async () => (await readParkingRequest(engines.home, owner(), aggregate))?.outcome;
  await expect.poll(outcome).toBeDefined();
  return readParkingRequest(engines.home, owner(), aggregate);
}

const shownAtHome = () => shown(engines.home, engines.keyspace);

describe('an aggregate that cannot be projected', () => {
  it('is parked with its later events in order, in every region, while all others go on', async () => {
    failsFrom = 3n;
    await engines.publish(events);
    await start();
    await allIsSeen(events);
    const rest = poisoned.slice(2);
    const one = {
      context: 'inventory',
      aggregateType: 'stock',
      aggregateId: POISON,
      events: rest.length,
      firstPosition: rest[0]?.position,
      lastPosition: rest.at(-1)?.position,
      reason: 'Error: a bug in the projection',
    };
    expect(await parked()).toMatchObject([one]);
    expect(await parked(engines.remote)).toMatchObject([one]);
    await progressTellsMarks();
    const [aggregate] = await parked();
    const kept = aggregate ? await parkedEvents(engines.remote, owner(), aggregate) : [];
    expect(kept.map(({ position }) => position)).toEqual(rest.map(({ position }) => position));
    const found = await shownAtHome();
    const here = expected([
      ...others,
      ...changes.filter(({ productId }) => productId === POISON).slice(0, 2),
    ]);
    expect(found.total).toEqual(here.total);
    expect(found.levels.filter((row) => row['product_id'] !== POISON)).toEqual(expected(others).levels);
  });

  it('is as if nothing had happened after a retry with mended code, totals included, and goes on', async () => {
    failsFrom = 3n;
    await engines.publish(events.slice(0, 200));
    await start();
    await allIsSeen(events.slice(0, 200));
    failsFrom = undefined;
    await expect(ask('retry')).resolves.toMatchObject({ outcome: 'done' });
    expect(await parked()).toEqual([]);
    await progressTellsMarks();
    expect(await shownAtHome()).toEqual(expected(changes.slice(0, 200)));
    await engines.publish(events.slice(200));
    await allIsSeen(events);
    expect(await shownAtHome()).toEqual(expected(changes));
  });

  it('applies what it can when a retry fails further on, and can be retried again by another process', async () => {
    failsFrom = 2n;
    await engines.publish(events);
    const first = await start();
    await allIsSeen(events);
    failsFrom = 5n;
    await expect(ask('retry')).resolves.toMatchObject({ outcome: 'failed', detail: /^3 events applied/ });
    expect(await parked()).toMatchObject([
      { firstPosition: poisoned[4]?.position, events: poisoned.length - 4 },
    ]);
    await first.stop();
    running = [];
    failsFrom = undefined;
    await start();
    await expect(ask('retry')).resolves.toMatchObject({ outcome: 'done' });
    expect(await shownAtHome()).toEqual(expected(changes));
  });

  it('goes on with its next event after a discard, without those that were given up', async () => {
    failsFrom = 1n;
    await engines.publish(events.slice(0, 200));
    await start();
    await allIsSeen(events.slice(0, 200));
    await expect(ask('discard')).resolves.toMatchObject({ outcome: 'done' });
    failsFrom = undefined;
    await engines.publish(events.slice(200));
    await allIsSeen(events);
    expect(await parked()).toEqual([]);
    const found = await shownAtHome();
    const later = changes.filter(({ productId }, index) => productId !== POISON || index >= 200);
    expect(found.total.events).toBe(expected(later).total.events);
  });
});

describe('a message that is damaged', () => {
  const broken = { ...events[3]!, payload: Buffer.from('not a protobuf message') };

  it('parks the aggregate of its headers, or of its key when its headers cannot be read', async () => {
    failsFrom = undefined;
    const topic = topicOf('inventory', engines.topicPrefix);
    const other = events.find(({ aggregateId }) => aggregateId !== broken.aggregateId)!;
    await engines.publish(events.slice(0, 100).map((event) => (event === events[3] ? broken : event)));
    const message = toMessage(other);
    const producer = await createEventProducer(engines.kafka);
    await producer.send([{ topic, ...message, headers: { ...message.headers, ce_position: 'x' } }], {
      timeoutMs: 20_000,
    });
    await producer.close();
    await engines.publish(events.slice(100));
    await start();
    await allIsSeen(events);
    expect(new Map((await parked()).map((one) => [one.aggregateId, one.reason]))).toEqual(
      new Map([
        [broken.aggregateId, expect.stringMatching(/Error/)],
        [other.aggregateId, expect.stringMatching(/ce_position/)],
      ]),
    );
    const spoilt = (productId: string, index: number) =>
      (productId === broken.aggregateId && index >= 3) || (productId === other.aggregateId && index >= 100);
    const rest = changes.filter(({ productId }, index) => !spoilt(productId, index));
    expect((await shownAtHome()).total).toEqual(expected(rest).total);
  });

  it('stops its own partition only, and only as long as there is no room to park it', async () => {
    failsFrom = 1n;
    await engines.publish(events);
    await start({ parkingBounds: { maxAggregates: 0, maxEventsAnAggregate: 1, maxDeferred: 1 } });
    const elsewhere = events.filter(({ shard }) => shard !== poisoned[0]?.shard);
    const before = events.filter(
      ({ shard, position }) => shard === poisoned[0]?.shard && position < (poisoned[0]?.position ?? 0n),
    );
    await allIsSeen([...elsewhere, ...before]);
    expect(await parked()).toEqual([]);
    // One broker has all partitions, so one fetch brings all of them.
    const later = tellStock(changes, BigInt(events.length + 1)).filter(
      ({ shard }) => shard !== poisoned[0]?.shard,
    );
    await engines.publish(later);
    await allIsSeen([...elsewhere, ...before, ...later]);
  });
});
