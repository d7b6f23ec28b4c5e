import { connectKafka, deleteGroups } from '@meridian/messaging';
import { addGeneration, drop, type Generation, type GenerationStore, registerOf } from '@meridian/read-store';
import { cqlName, groupIdOf } from '@meridian/projection';
import { ordersProjection } from '@meridian/read-model-orders';
import { setTimeout as pause } from 'node:timers/promises';
import type { Measurement } from '../measure/measurement.ts';
import { percentile } from '../measure/statistics.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startChild } from '../system/child.ts';
import { connectRegion } from '../system/read-space.ts';
import { EVEN, loadOnce } from './orders.ts';
import { startVisibleChain } from './visible-chain.ts';
import { caughtUp } from './whole.ts';

const SPACE = 'bench_live';
/** The default of `meridian projections rebuild`. */
const MAX_EVENTS_PER_SECOND = 2_000;
const EVENTS_AN_ORDER = 6;
const MAX_ORDERS = 4_000;
const LOOK_MS = 100;
/** Projectors notice a new generation within seconds. */
const BEGINS_WITHIN_MS = 60_000;
/** Projectors and query services follow within this time. */
const FOLLOWED_WITHIN_MS = 3_000;

/** Rebuilds a read model again and again, so that one is always under way. */
interface Rebuilding {
  /** Resolves when the last generation was dropped and its tables are gone. */
  end(): Promise<void>;
}

/** Begins; resolves when the first generation is being filled. */
async function beginRebuilding(system: BenchSystem, store: GenerationStore): Promise<Rebuilding> {
  const filling = Promise.withResolvers<void>();
  const ending = new AbortController();
  const begun: number[] = [];

  async function rebuildOnce(): Promise<void> {
    const register = await registerOf(store);
    const generation = await addGeneration(store.session, store.keyspace, register, {
      version: register.newestVersion,
      maxEventsPerSecond: MAX_EVENTS_PER_SECOND,
    });
    begun.push(generation);
    const deadlineMs = performance.now() + BEGINS_WITHIN_MS;
    for (let found: Generation | undefined; !found?.filledAt && !ending.signal.aborted;) {
      if (found?.fillUntil === undefined && performance.now() > deadlineMs)
        throw new Error('no projector began to fill the new generation');
      const { generations } = await registerOf(store);
      found = generations.find((one) => one.generation === generation);
      if (found?.fillUntil !== undefined) filling.resolve();
      await pause(LOOK_MS);
    }
    await drop(store, generation);
  }
  async function rebuildOn(): Promise<void> {
    while (!ending.signal.aborted) await rebuildOnce();
  }

  const done = rebuildOn();
  await Promise.race([filling.promise, done]);
  return {
    async end() {
      ending.abort();
      await done;
      await pause(FOLLOWED_WITHIN_MS);
      await forget(system, store, begun);
    },
  };
}

async function forget(
  { brokers }: BenchSystem,
  { session, keyspace }: GenerationStore,
  generations: readonly number[],
): Promise<void> {
  const { name, tables } = ordersProjection;
  for (const generation of generations)
    await session.schema(tables.map((one) => `DROP TABLE IF EXISTS ${keyspace}.${cqlName(one, generation)}`));
  await deleteGroups(
    connectKafka({ brokers, clientId: 'bench-live' }),
    generations.map((generation) => groupIdOf({ name, generation }, keyspace)),
  );
}

/** What a rebuild costs the readers during the rebuild. */
export const rebuildLive: Measurement = {
  name: 'rebuild.live_p99',
  what: 'visible.latency_p99 while the orders’ read model is rebuilt, throttled ÷ without',
  goal: 1.5,
  unit: 'ms',
  kind: 'time',
  percentile: 0.99,
  async prepare(system, scale) {
    const { backlogEvents } = scale;
    const [home = ''] = system.regions;
    const chain = await startVisibleChain(system, SPACE, home, scale);
    const session = await connectRegion(system, home);
    const { name: projector, contexts } = ordersProjection;
    const store = { session, keyspace: SPACE, projector, contexts, regions: system.regions };
    // A journal to rebuild from.
    const loader = await startChild('load-orders.ts', {});
    const orders = Math.min(MAX_ORDERS, Math.ceil(backlogEvents / EVENTS_AN_ORDER));
    const commands = { addresses: [chain.address], pids: {}, stop: () => Promise.resolve() };
    await loadOnce(system, loader, commands, { concurrency: 256, mix: EVEN, calls: orders });
    await loader.stop();
    await caughtUp(system, SPACE);
    const sample = async () => {
      const run = await chain.measure('ours');
      return { ...run, value: percentile(run.times, 0.99) };
    };
    return {
      async ours() {
        const rebuilding = await beginRebuilding(system, store);
        try {
          return await sample();
        } finally {
          await rebuilding.end();
          await caughtUp(system, SPACE);
        }
      },
      raw: sample,
      async close() {
        await session.close();
        await chain.stop();
      },
      load: chain.load,
      notes: [
        `${MAX_EVENTS_PER_SECOND} events a second at most, one rebuild after the other; ${chain.samplesARun(chain.load)} samples a run`,
      ],
    };
  },
};
