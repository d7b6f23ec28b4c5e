import type { Measurement, Sample } from '../measure/measurement.ts';
import type { ReplayAnswer, ReplayQuestion } from '../processes/replay-journal.ts';
import { startChild } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { writeJournal } from '../system/journal-fixture.ts';
import { contactPointOf, replicasIn } from '../system/read-space.ts';
import { bestAround, startOurs } from './orders.ts';

const CONCURRENCY = [128, 256, 512];
const WARM_UP = 256;

/** How fast a new generation is filled. */
export const rebuildThroughput: Measurement = {
  name: 'rebuild.throughput',
  what: 'an unthrottled rebuild of the orders projection from the journal ÷ the bare loop: read the journal, write the rows',
  goal: 3.0,
  unit: 'events/s',
  kind: 'rate',
  async prepare(system, { backlogEvents }) {
    const events = Math.ceil(backlogEvents / 3);
    const space = `bench_rebuild_${Date.now() % 1_000_000}`;
    const database = 'bench_journal';
    const command = await startOurs(system, { space: database, storedOrders: 0 });
    await writeJournal(system.mysql.url, database, events);
    const [home = ''] = system.regions;
    const child = await startChild('replay-journal.ts', {
      BENCH_EVENTS: String(events),
      BENCH_BROKERS: system.brokers.join(','),
      BENCH_REGIONS: system.regions.join(','),
      BENCH_CASSANDRA: contactPointOf(system, home),
      BENCH_REPLICAS: String(replicasIn(system)[home]),
      BENCH_MYSQL_URL: system.mysql.url,
      BENCH_DATABASE: database,
      BENCH_SPACE: space,
      BENCH_JOURNAL: command.addresses[0] ?? '',
    });
    const run = async (question: ReplayQuestion): Promise<Sample> => {
      const cpuSince = startCpuCount({
        projector: child.pid,
        ...command.pids,
        ...(await system.enginePids()),
      });
      const { seconds } = await child.ask<ReplayAnswer>(question);
      return { value: events / seconds, operations: events, cpuSeconds: cpuSince() };
    };
    let runs = 0;
    const ours = () => run({ side: 'ours' });
    const raw = (concurrency: number) => run({ side: 'raw', run: ++runs, concurrency });
    for (let round = 0; round < 2; round++) await ours();
    // The first number that is tried would pay for compiling.
    await raw(WARM_UP);
    const best = await bestAround(CONCURRENCY, async (concurrency) => (await raw(concurrency)).value);
    return {
      ours,
      raw: () => raw(best),
      notes: [`raw: ${best} writes in flight, the journal read from MySQL itself; both at EACH_QUORUM`],
      async close() {
        await child.stop();
        await command.stop();
      },
    };
  },
};
