import { createHash } from 'node:crypto';
import { connectCassandra } from '@meridian/cassandra';
import { createTableCql, readProgress } from '@meridian/read-store';
import { ordersProjection } from '@meridian/read-model-orders';
import type { Measurement, Sample } from '../measure/measurement.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { startSpace, type ProjectingSpace } from '../system/projecting-space.ts';
import { contactPointOf } from '../system/read-space.ts';

const PIECE = 10_000;

/** Whether the rate is the same with many stored orders. */
export const flatnessProjection: Measurement = {
  name: 'flatness.projection',
  what: 'events a second of the orders projector with many orders stored ÷ with few',
  goal: 0.9,
  unit: 'events/s',
  kind: 'rate',
  async prepare(system, { backlogEvents, storedOrders: { small, large } }) {
    const events = Math.ceil(backlogEvents / 3);
    const many = await storedSpace(system, `bench_stored_${large}_${tablesHash()}`, large);
    // Runs add orders, which changes a small store: so the small store is created again.
    const few = await storedSpace(system, `bench_few_${Date.now() % 1_000_000}`, small);
    const run = (space: ProjectingSpace) => async (): Promise<Sample> => {
      const pids = { projector: space.projectors[0]?.pid ?? 0, ...(await system.enginePids()) };
      const cpuSince = startCpuCount(pids);
      const seconds = await space.project({ events, skew: 0 });
      return { value: events / seconds, operations: events, cpuSeconds: cpuSince() };
    };
    for (const space of [many, few]) for (let round = 0; round < 2; round++) await run(space)();
    return {
      ours: run(many),
      raw: run(few),
      notes: [`${large} orders stored ÷ ${small}`],
      close: async () => void (await Promise.all([many.stop(), few.stop()])),
    };
  },
};

/** A projector at work on tables with at least `storedOrders` orders; orders of an earlier run are kept. */
async function storedSpace(
  system: BenchSystem,
  keyspace: string,
  storedOrders: number,
): Promise<ProjectingSpace> {
  const stored = await highestPosition(system, keyspace);
  const space = await startSpace(system, { keyspace, projectors: 1, afterPosition: stored });
  for (const projector of space.projectors) await space.join(projector);
  for (let orders = Number(stored); orders < storedOrders; orders += PIECE)
    await space.project({ events: Math.min(PIECE, storedOrders - orders), skew: 0, placementsOnly: true });
  return space;
}

async function highestPosition(system: BenchSystem, keyspace: string): Promise<bigint> {
  const [home = ''] = system.regions;
  const contactPoints = [contactPointOf(system, home)];
  const session = await connectCassandra({ contactPoints, localDataCenter: home });
  try {
    const [found] = await session.execute(
      'SELECT keyspace_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
      [keyspace, 'projection_progress'],
      { consistency: 'LOCAL_ONE' },
    );
    if (!found) return 0n;
    const owner = {
      projector: ordersProjection.name,
      generation: ordersProjection.version,
      region: home,
    };
    return (await readProgress(session, keyspace, owner)).highest;
  } finally {
    await session.close();
  }
}

/** A hash of the tables' declarations: tables of another shape are another store. */
function tablesHash(): string {
  const cql = ordersProjection.tables.map((table) => createTableCql('k', table, 1)).join('\n');
  return createHash('sha256').update(cql).digest('hex').slice(0, 8);
}
