import { partitionKey, type EventEnvelope } from '@meridian/contracts';
import { silentLog, type Log } from '@meridian/messaging';
import { stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import { parkedAggregates, readModelJournals, readProgress } from '@meridian/read-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changesOf, expected, shown } from '../testing/stock-shown.ts';
import { openTestEngines, type TestEngines } from '../testing/test-engines.ts';
import type { RunProjectionOptions } from './options.ts';
import { runProjection, type RunningProjection } from './run-projection.ts';

const OURS = '11111111-1111-1111-1111-111111111111';
const THEIRS = '22222222-2222-2222-2222-222222222222';

const of = (journalId: string, events: readonly EventEnvelope[]) =>
  events.map((event) => ({ ...event, journalId }));

let engines: TestEngines;
let running: RunningProjection[];
let said: { fields: object; message: string }[];
let standing: Map<string, string | undefined>;

const log: Log = { ...silentLog, error: (fields, message) => said.push({ fields, message }) };

beforeEach(async () => {
  [running, said, standing] = [[], [], new Map()];
  engines = await openTestEngines();
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await engines.close();
});

async function start(options: Partial<RunProjectionOptions> = {}): Promise<RunningProjection> {
  const { home: session, kafka, keyspace, topicPrefix, regions } = engines;
  const projection = await runProjection({
    projection: stockProjection,
    session,
    kafka,
    keyspace,
    topicPrefix,
    regions,
    log,
    observer: { halted: (key, reason) => standing.set(key, reason) },
    sessionTimeoutMs: 6_000,
    onCrash: (error) => {
      throw error;
    },
    ...options,
  });
  running.push(projection);
  return projection;
}

async function progressIs(events: readonly EventEnvelope[]): Promise<void> {
  const owner = { projector: stockProjection.name, generation: 1, region: 'eu-west' };
  const read = async () => (await readProgress(engines.home, engines.keyspace, owner)).positions;
  const last = new Map(events.map(({ shard, position }) => [partitionKey('inventory', shard), position]));
  await expect.poll(read).toEqual(last);
}

const changes = changesOf(200);
const events = of(OURS, tellStock(changes));

describe('events of another journal', () => {
  it('halt their partitions, loudly, and nothing is taken, dropped or parked until the topic is new', async () => {
    await engines.publish(events.slice(0, 120));
    const [projection] = [await start()];
    await progressIs(events.slice(0, 120));
    // Another system uses the same topic prefix. Some of its positions are far above ours, some are below.
    const theirs = of(THEIRS, tellStock(changesOf(40), 1_000_000n));
    const low = of(THEIRS, tellStock(changesOf(5)));
    await engines.publish([...theirs, ...low]);
    const held = new Set([...theirs, ...low].map(({ shard }) => partitionKey('inventory', shard)));
    await expect.poll(() => new Set(projection.status().foreign)).toEqual(held);
    // Our events behind the foreign ones are not applied.
    const behind = events.slice(120);
    await engines.publish(behind);
    const free = behind.filter(({ shard }) => !held.has(partitionKey('inventory', shard)));
    await progressIs([...events.slice(0, 120), ...free]);
    expect(await parkedAggregates(engines.home, engines.keyspace, stockProjection.name, 1)).toEqual([]);
    expect(said.map(({ message }) => message).join()).toContain('an event of another journal');
    expect(said[0]?.fields).toMatchObject({ journalId: THEIRS, ours: OURS });
    for (const key of held) expect(standing.get(key)).toBe('foreign');

    await engines.emptyTopic();
    await engines.publish(events);
    await progressIs(events);
    await expect.poll(() => projection.status().foreign).toEqual([]);
    expect(await shown(engines.home, engines.keyspace)).toEqual(expected(changes));
  });

  it('are known as such by every process: the first that names a journal decides once for all', async () => {
    await engines.publish(events.slice(0, 100));
    const first = await start();
    await progressIs(events.slice(0, 100));
    await first.stop();
    running = [];
    const known = await readModelJournals(engines.home, engines.keyspace, stockProjection.name);
    expect(known).toEqual(new Map([[1, OURS]]));
    const [foreign] = of(THEIRS, tellStock(changesOf(1), 5_000n));
    await engines.publish([foreign!]);
    const second = await start();
    await expect.poll(() => second.status().foreign).toEqual([partitionKey('inventory', foreign!.shard)]);
  });

  it('are not believed when they come first and the journal can be asked', async () => {
    const [foreign] = of(THEIRS, tellStock(changesOf(1), 5_000n));
    await engines.publish([foreign!]);
    let asked = 0;
    const projection = await start({
      askJournal: () => (asked++ === 0 ? Promise.reject(new Error('away')) : Promise.resolve(OURS)),
    });
    await expect.poll(() => projection.status().foreign).toEqual([partitionKey('inventory', foreign!.shard)]);
    expect(asked).toBeGreaterThan(1);
  });

  it('without ids, as old versions published them, are taken before and after the first with one', async () => {
    const old = tellStock(changes);
    const mixed = events.map((event, index) => (index % 3 === 0 ? old[index]! : event));
    await engines.publish(mixed);
    await start();
    await progressIs(events);
    expect(await shown(engines.home, engines.keyspace)).toEqual(expected(changes));
  });
});
