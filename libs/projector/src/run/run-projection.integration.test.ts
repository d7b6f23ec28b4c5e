import type { CassandraSession } from '@meridian/cassandra';
import { partitionKey, type EventEnvelope } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { silentLog } from '@meridian/messaging';
import { stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import { readProgress } from '@meridian/read-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changesOf, expected, shown } from '../testing/stock-shown.ts';
import { openTestEngines, type TestEngines } from '../testing/test-engines.ts';
import type { RunProjectionOptions } from './options.ts';
import { runProjection, type RunningProjection } from './run-projection.ts';

let engines: TestEngines;
let running: RunningProjection[];

beforeEach(async () => {
  running = [];
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
    log: silentLog,
    sessionTimeoutMs: 6_000,
    onCrash: (error) => {
      throw error;
    },
    ...options,
  });
  running.push(projection);
  return projection;
}

/** The last published position of every partition. */
function lastPositions(events: readonly EventEnvelope[]): ReadonlyMap<string, bigint> {
  return new Map(events.map(({ shard, position }) => [partitionKey('inventory', shard), position]));
}

async function progressIs(session: CassandraSession, region: string, events: readonly EventEnvelope[]) {
  const owner = { projector: stockProjection.name, generation: 1, region };
  const read = async () => (await readProgress(session, engines.keyspace, owner)).positions;
  await expect.poll(read).toEqual(lastPositions(events));
}

describe('a projection at work', () => {
  it('shows in both regions what a fold of the events shows, totals included', async () => {
    const changes = changesOf(600);
    const events = tellStock(changes);
    await engines.publish(events);
    await start();
    for (const [region, session] of [
      ['eu-west', engines.home],
      ['us-east', engines.remote],
    ] as const) {
      await progressIs(session, region, events);
      expect(await shown(session, engines.keyspace), region).toEqual(expected(changes));
    }
  });

  it('leaves no connection to another region behind when it cannot start', async () => {
    let connections = 0;
    const connectRegion = async () => {
      connections += 1;
      return { ...engines.remote, close: async () => void (connections -= 1) };
    };
    const refused = () => {
      throw new Error('no consumer');
    };
    const kafka = Object.assign(Object.create(engines.kafka), { consumer: refused });
    await expect(start({ connectRegion, kafka })).rejects.toThrow('no consumer');
    expect(connections).toBe(0);
  });

  it('takes events again, one by one and whole batches at new offsets, without any effect', async () => {
    const changes = changesOf(300);
    const events = tellStock(changes);
    await engines.publish(events.slice(0, 200));
    await engines.publish(events.slice(50, 200));
    await engines.publish(events.slice(199, 200));
    await engines.publish(events.slice(100));
    await engines.publish(events);
    await start({ maxEventsPerFold: 7 });
    await progressIs(engines.home, 'eu-west', events);
    expect(await shown(engines.home, engines.keyspace)).toEqual(expected(changes));
  });

  it('goes on where it was after a restart, and events before its progress have no effect', async () => {
    const changes = changesOf(400);
    const events = tellStock(changes);
    await engines.publish(events.slice(0, 250));
    const first = await start();
    await progressIs(engines.home, 'eu-west', events.slice(0, 250));
    await first.stop();
    running = [];
    // The group is deleted: Kafka gives everything again from the beginning, and the progress stays.
    const admin = engines.kafka.admin();
    await admin.connect();
    await admin.deleteGroups([`${engines.topicPrefix}.projector.${stockProjection.name}.g1`]);
    await admin.disconnect();
    await engines.publish(events.slice(250));
    await start({ maxEventsPerFold: 11 });
    await progressIs(engines.home, 'eu-west', events);
    expect(await shown(engines.home, engines.keyspace)).toEqual(expected(changes));
  });

  it('keeps totals exact when members join and leave in the middle', async () => {
    const changes = changesOf(1_500);
    const events = tellStock(changes);
    const first = await start({ maxEventsPerFold: 5 });
    await engines.publish(events.slice(0, 500));
    const second = await start({ maxEventsPerFold: 5 });
    await engines.publish(events.slice(500, 1_000));
    await expect.poll(() => second.status().assigned.length).toBeGreaterThan(0);
    await first.stop();
    running = [second];
    await engines.publish(events.slice(1_000));
    await progressIs(engines.home, 'eu-west', events);
    expect(await shown(engines.home, engines.keyspace)).toEqual(expected(changes));
  });

  it('does not begin on tables that another version of the projection made', async () => {
    await start();
    const [first, ...others] = stockProjection.tables;
    const changed = { ...first!, columns: { ...first!.columns, on_hand: 'text', colour: 'text' } } as const;
    await expect(start({ projection: { ...stockProjection, tables: [changed, ...others] } })).rejects.toThrow(
      /test_level_g1 is not as this version declares it \(colour text regular, on_hand bigint regular, on_hand text regular\)/,
    );
  });

  it('keeps its group while the store is away: a member that joins gets its share within seconds', async () => {
    const changes = changesOf(200);
    const events = tellStock(changes);
    const store = { isAway: true, failures: 0 };
    const refuse = () => {
      store.failures++;
      return Promise.reject(new Error('the store is away'));
    };
    // The session refuses all writes for a while. The writes that it passes on are real.
    const failing: CassandraSession = {
      ...engines.home,
      execute: (cql, params, options) =>
        store.isAway && cql.startsWith('INSERT') ? refuse() : engines.home.execute(cql, params, options),
      batch: (...write) => (store.isAway ? refuse() : engines.home.batch(...write)),
    };
    await engines.publish(events);
    const first = await start({ session: failing });
    await expect.poll(() => store.failures).toBeGreaterThan(SHARD_COUNT);
    const second = await start({ session: failing });
    const shares = () => [first, second].map((one) => one.status().assigned.length);
    await expect.poll(shares).toEqual([SHARD_COUNT / 2, SHARD_COUNT / 2]);
    store.isAway = false;
    await progressIs(engines.home, 'eu-west', events);
    expect(await shown(engines.home, engines.keyspace)).toEqual(expected(changes));
  });

  it('tells how much waits while the store is away, more and more, and nothing once it is applied', async () => {
    const events = tellStock(changesOf(400));
    const store = { isAway: true };
    const away = () => Promise.reject(new Error('the store is away'));
    const failing: CassandraSession = {
      ...engines.home,
      execute: (cql, params, options) =>
        store.isAway && cql.startsWith('INSERT') ? away() : engines.home.execute(cql, params, options),
      batch: (...write) => (store.isAway ? away() : engines.home.batch(...write)),
    };
    const lags = new Map<string, bigint>();
    const waits = new Map<string, Date | undefined>();
    const lag = () => [...lags.values()].reduce((sum, one) => sum + one, 0n);
    await engines.publish(events.slice(0, 200));
    await start({
      session: failing,
      endsEveryMs: 100,
      observer: {
        lag: (key, messages) => void lags.set(key, messages),
        waitsSince: (key, since) => void waits.set(key, since),
      },
    });
    await expect.poll(lag).toBe(200n);
    await engines.publish(events.slice(200));
    await expect.poll(lag).toBe(400n);
    const oldest = Math.min(...[...waits.values()].map((since) => since?.getTime() ?? 0));
    expect(oldest).toBe(Math.min(...events.map(({ time }) => time.getTime())));
    store.isAway = false;
    await progressIs(engines.home, 'eu-west', events);
    await expect.poll(lag).toBe(0n);
    expect([...waits.values()].filter((since) => since !== undefined)).toEqual([]);
  });

  it('waits for a store that is away and skips nothing', async () => {
    const changes = changesOf(200);
    const events = tellStock(changes);
    let failures = 0;
    const isAway = () => failures++ < 30;
    const away = () => Promise.reject(new Error('the store is away'));
    // The session refuses for a while. The statements that it passes on are real.
    const failing: CassandraSession = {
      ...engines.home,
      execute: (cql, params, options) =>
        cql.startsWith('INSERT') && isAway() ? away() : engines.home.execute(cql, params, options),
      batch: (statements, options) => (isAway() ? away() : engines.home.batch(statements, options)),
    };
    await engines.publish(events);
    await start({ session: failing });
    await progressIs(engines.home, 'eu-west', events);
    expect(failures).toBeGreaterThan(30);
    expect(await shown(engines.home, engines.keyspace)).toEqual(expected(changes));
  });
});
