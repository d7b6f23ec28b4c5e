import { bigintOf, createPool } from '@meridian/mysql';
import { firstGeneration } from '@meridian/projection';
import { PROJECTIONS } from '@meridian/read-models';
import { ensureTables } from '@meridian/read-store';
import {
  CONTEXTS,
  contextOfAggregate,
  isAggregateType,
  topicOf,
  type ContextName,
} from '@meridian/contracts';
import { connectKafka, deleteTopics } from '@meridian/messaging';
import type { RawReadModelAnswer, RawReadModelQuestion } from '../processes/raw-read-model.ts';
import type { BenchSystem } from './bench-system.ts';
import { startChild, type Child } from './child.ts';
import { noneLeft } from './none-left.ts';
import { connectRegion, contactPointOf, emptyKeyspaces } from './read-space.ts';

/** The publisher and the consumers of the bare chain, on the journal of a bare handler. */
export interface BarePipeline {
  readonly pids: Readonly<Record<string, number>>;
  /** Of how many events each consumer may have the rows on their way from now on. */
  setEventsInFlight(events: number): Promise<void>;
  /**
   * Resolves when everything that the journal got since the chain began is in all rows. Gives the time of the last row, in
   * milliseconds of Date.now(). Rejects after a minute without progress.
   */
  allWritten(): Promise<number>;
  stop(): Promise<void>;
}

const LOOK_MS = 25;

interface Consumer {
  readonly name: string;
  readonly contexts: readonly ContextName[];
  readonly child: Child;
}

/** Starts the chain with empty tables, at the end of the journal of a schema. The tables are those of our read models. */
export async function startBarePipeline(
  system: BenchSystem,
  space: string,
  database: string,
): Promise<BarePipeline> {
  const { regions, mysql, brokers, security } = system;
  const [home = ''] = regions;
  const session = await connectRegion(system, home);
  await emptyKeyspaces(session, system, space);
  for (const projection of PROJECTIONS) await ensureTables(session, space, firstGeneration(projection));
  await session.close();
  // Topics of their own for each chain: no consumer begins with events of an earlier one.
  const topics = `${space}_${Date.now() % 100_000_000}`;
  const environment = {
    BENCH_BROKERS: brokers.join(','),
    BENCH_TOPICS: topics,
    BENCH_MYSQL_URL: mysql.url,
    BENCH_DATABASE: database,
    BENCH_CASSANDRA: contactPointOf(system, home),
    BENCH_REGION: home,
    BENCH_KEYSPACE: space,
  };
  const pool = createPool({ ...mysql, database, connectionLimit: 1, queryTimeoutMs: 60_000 });
  const first = await countsAfter(pool, 0n);
  const publisher = await startChild('raw-publisher.ts', environment);
  const consumers: readonly Consumer[] = await Promise.all(
    PROJECTIONS.map(async ({ name, contexts }) => {
      const child = await startChild('raw-read-model.ts', { ...environment, BENCH_READ_MODEL: name });
      return { name, contexts, child };
    }),
  );
  const ask = ({ child }: Consumer, question: RawReadModelQuestion) =>
    child.ask<RawReadModelAnswer>(question);
  return {
    pids: {
      publisher: publisher.pid,
      ...Object.fromEntries(consumers.map(({ name, child }) => [`consumer ${name}`, child.pid])),
    },
    async setEventsInFlight(eventsInFlight) {
      await Promise.all(consumers.map((consumer) => ask(consumer, { eventsInFlight })));
    },
    async allWritten() {
      const { counts } = await countsAfter(pool, first.head);
      let latestMs = 0;
      for (const consumer of consumers) {
        const expected = consumer.contexts.reduce((sum, context) => sum + (counts.get(context) ?? 0), 0);
        const left = async () => {
          await publisher.ask({});
          const { events, lastMs } = await ask(consumer, {});
          latestMs = Math.max(latestMs, lastMs);
          return BigInt(Math.max(0, expected - events));
        };
        await noneLeft(`for the bare consumer of ${consumer.name}`, left, LOOK_MS);
      }
      return latestMs;
    },
    async stop() {
      await Promise.all([publisher.stop(), ...consumers.map(({ child }) => child.stop()), pool.close()]);
      const kafka = connectKafka({ brokers, clientId: 'bench-bare-pipeline', security });
      await deleteTopics(
        kafka,
        CONTEXTS.map((context) => topicOf(context, topics)),
      );
    },
  };
}

/** How many events of each context a journal has after a position, and its newest position. */
async function countsAfter(pool: ReturnType<typeof createPool>, position: bigint) {
  const { rows } = await pool.query(
    'SELECT aggregate_type, COUNT(*) AS events, MAX(position) AS newest FROM journal WHERE position > ? GROUP BY aggregate_type',
    [position],
  );
  const counts = new Map<ContextName, number>();
  let head = position;
  for (const row of rows) {
    const type = String(row['aggregate_type']);
    if (isAggregateType(type)) counts.set(contextOfAggregate(type), Number(bigintOf(row, 'events')));
    const newest = bigintOf(row, 'newest');
    if (newest > head) head = newest;
  }
  return { counts, head };
}
