import { SHARD_COUNT } from '@meridian/kernel';
import { halfOf } from '../measure/load.ts';
import type { Measurement, Sample } from '../measure/measurement.ts';
import type { AppliedBatch } from '../processes/live-projector.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startCpuCount, totalOf } from '../system/cpu-time.ts';
import { startSpace, type ProjectingSpace } from '../system/projecting-space.ts';

const stamp = () => Date.now() % 1_000_000;

/** Whether a second process adds no CPU per event. */
export const scalingProjectors: Measurement = {
  name: 'scaling.projectors',
  what: `CPU an event of the orders projector: one process with ${SHARD_COUNT} partitions ÷ two with half of them each`,
  goal: 0.9,
  unit: 'CPU-µs/event',
  kind: 'rate',
  async prepare(system, { backlogEvents }) {
    const events = Math.ceil(backlogEvents / 3);
    const spaceOf = async (projectors: number) => {
      const space = await startSpace(system, {
        keyspace: `bench_scaling_${projectors}_${stamp()}`,
        projectors,
      });
      for (const projector of space.projectors) await space.join(projector);
      return space;
    };
    const [one, two] = [await spaceOf(1), await spaceOf(2)];
    const run = (space: ProjectingSpace) => async (): Promise<Sample> => {
      const engines = startCpuCount(await system.enginePids());
      const cpuSince = startCpuCount(
        Object.fromEntries(space.projectors.map(({ pid }, index) => [`projector ${index + 1}`, pid])),
      );
      await space.project({ events, skew: 0 });
      const cpuSeconds = cpuSince();
      const micros = (totalOf(cpuSeconds) / events) * 1e6;
      return { value: micros, operations: events, cpuSeconds: { ...cpuSeconds, ...engines() } };
    };
    // Both sides need to compile their hot code: two processes share the events, so they get twice as many.
    await run(one)();
    for (let round = 0; round < 2; round++) await run(two)();
    return {
      ours: run(one),
      raw: run(two),
      notes: ['compared is the CPU of the projectors; that of the engines stands below'],
      close: async () => void (await Promise.all([one.stop(), two.stop()])),
    };
  },
};

/** The longest allowed pause of a group. */
const ALLOWED_MS = 3_000;
/**
 * Twenty events per second and partition show a partition that is halted. With less than two per second, the gaps
 * between events would be measured.
 */
const FLOW = { unit: 'events/s', least: 2 * SHARD_COUNT, most: 20 * SHARD_COUNT };
const SECONDS_BEFORE_AND_AFTER = 2;

/** The longest time without an applied event in some partition while a member joins or leaves. */
export const groupPause: Measurement = {
  name: 'group.pause',
  what: 'the longest that a partition stands still when a projector joins its group or leaves it ÷ the 3 s allowed',
  goal: 1.0,
  unit: 'ms',
  kind: 'time',
  async prepare(system, { backlogEvents }) {
    const space = await startSpace(system, { keyspace: `bench_pause_${stamp()}`, projectors: 2 });
    const [stays, comes] = space.projectors;
    if (!stays || !comes) throw new Error('two projectors are needed');
    // Before anything is counted, both processes have compiled their hot code, and no backlog is left.
    for (const projector of [stays, comes]) await space.join(projector);
    const seconds = await space.project({ events: backlogEvents, skew: 0 });
    const load = halfOf(backlogEvents / seconds, FLOW);
    await space.leave(comes);
    await space.publish({ kind: 'begin-flow', eventsPerSecond: load.perSecond });
    const flowing = async (batches: AppliedBatch[]) => {
      for (let seen = 0; seen < SECONDS_BEFORE_AND_AFTER * load.perSecond;) {
        const more = await space.applied();
        seen += more.reduce((sum, { events }) => sum + events, 0);
        batches.push(...more);
      }
    };
    const around = async (change: () => Promise<void>): Promise<number> => {
      const batches: AppliedBatch[] = [];
      await flowing(batches);
      await change();
      await flowing(batches);
      return longestPauseMs(batches);
    };
    const ours = async (): Promise<Sample> => {
      const cpuSince = await cpuOf(system, space);
      const joining = await around(() => space.join(comes));
      const leaving = await around(() => space.leave(comes));
      return { value: Math.max(joining, leaving), operations: 2, cpuSeconds: cpuSince() };
    };
    const allowed = () => Promise.resolve({ value: ALLOWED_MS, operations: 1, cpuSeconds: {} });
    return {
      ours,
      raw: allowed,
      load,
      notes: ['raw is what is allowed, not measured'],
      async close() {
        await space.publish({ kind: 'end-flow' });
        await space.stop();
      },
    };
  },
};

async function cpuOf(system: BenchSystem, { projectors }: ProjectingSpace) {
  const own = Object.fromEntries(projectors.map(({ pid }, index) => [`projector ${index + 1}`, pid]));
  return startCpuCount({ ...own, ...(await system.enginePids()) });
}

/** The longest time without a batch of a partition, whichever process applied those before and after it. */
function longestPauseMs(batches: readonly AppliedBatch[]): number {
  const inOrder = batches.toSorted((a, b) => a.atMs - b.atMs);
  const endMs = inOrder.at(-1)?.atMs ?? 0;
  const lastMs = new Map<string, number>();
  let longest = 0;
  for (const { partition, atMs } of inOrder) {
    longest = Math.max(longest, atMs - (lastMs.get(partition) ?? atMs));
    lastMs.set(partition, atMs);
  }
  if (lastMs.size < SHARD_COUNT) throw new Error('some partition had no event at all');
  return Math.max(longest, ...[...lastMs.values()].map((atMs) => endMs - atMs));
}
