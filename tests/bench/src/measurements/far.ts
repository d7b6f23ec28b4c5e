import { setTimeout as pause } from 'node:timers/promises';
import type { Measurement, Sample } from '../measure/measurement.ts';
import { percentile } from '../measure/statistics.ts';
import type { RegionNews } from '../processes/live-projector.ts';
import type { ApartSystem } from '../system/bench-system.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { startSpace, type ProjectingSpace } from '../system/projecting-space.ts';
import { startVisibleChain } from './visible-chain.ts';

/** Between Europe and the east of North America. */
const DISTANCE_MS = 80;
const MEDIAN = 0.5;
const POLL_MS = 10;
/** Events that only make a region be left behind. */
const FEW_EVENTS = 100;

/** Whether the home region waits for the other one. */
export const visibleFar: Measurement = {
  name: 'visible.far',
  what: `GetOrder with the token of a PlaceOrder at home, with ${DISTANCE_MS} ms between the regions ÷ with none`,
  goal: 1.2,
  unit: 'ms',
  kind: 'time',
  percentile: MEDIAN,
  async prepare(system, scale) {
    const apart = await system.apart();
    const [home = ''] = apart.regions;
    // The load of both sides is what the machine carries over the distance.
    await apart.setDistance(DISTANCE_MS);
    const chain = await startVisibleChain(apart, 'bench_far', home, scale);
    const over = (distanceMs: number) => async (): Promise<Sample> => {
      await apart.setDistance(distanceMs);
      const run = await chain.measure('ours');
      return { ...run, value: percentile(run.times, MEDIAN) };
    };
    return {
      ours: over(DISTANCE_MS),
      raw: over(0),
      close: () => chain.stop(),
      load: chain.load,
      notes: [
        'the load is orders in all, with relay, projectors and query service at work on both sides',
        `${chain.samplesARun(chain.load)} samples a run; both sides are Meridian on the same engines`,
      ],
    };
  },
};

/** Whether a region that was away catches up with what goes on. */
export const catchUpThroughput: Measurement = {
  name: 'catchup.throughput',
  what: `the orders projector bringing a region back over ${DISTANCE_MS} ms, from its first answer ÷ the same events live`,
  goal: 3,
  unit: 'events/s',
  kind: 'rate',
  async prepare(system, { backlogEvents: events }) {
    const apart = await system.apart();
    await apart.setDistance(DISTANCE_MS);
    const keyspace = `bench_catchup_${Date.now() % 1_000_000}`;
    const space = await startSpace(apart, { keyspace, projectors: 1, leavesBehind: true });
    for (const projector of space.projectors) await space.join(projector);
    const measured = async (run: () => Promise<number>): Promise<Sample> => {
      const projectors = space.projectors.map(({ pid }, index) => [`projector ${index + 1}`, pid]);
      const pids = { ...Object.fromEntries(projectors), ...(await apart.enginePids()) };
      const cpuSince = startCpuCount(pids);
      const seconds = await run();
      return { value: events / seconds, operations: events, cpuSeconds: cpuSince() };
    };
    const live = () => measured(() => space.project({ events, skew: 0 }));
    const broughtBack = () => measured(() => bringBack(apart, space, events));
    // Both compile their hot code.
    await live();
    await broughtBack();
    return {
      ours: broughtBack,
      raw: live,
      close: () => space.stop(),
      notes: ['the CPU of bringing a region back includes that of the live events that it missed'],
    };
  },
};

/** Lets a region miss so many events. Resolves with the seconds from its first answer until it lacks nothing. */
async function bringBack(apart: ApartSystem, space: ProjectingSpace, events: number): Promise<number> {
  const region = apart.regions.at(-1) ?? '';
  const next = newsOf(space, region);
  await apart.whileAway(region, async () => {
    // The first writes wait until the region is left behind.
    await space.project({ events: FEW_EVENTS, skew: 0 });
    await next(({ what }) => what === 'away');
    await space.project({ events, skew: 0 });
  });
  const answered = await next(({ what }) => what === 'answers');
  const complete = await next(({ what, partitions }) => what === 'lacks' && partitions === 0);
  return (complete.atMs - answered.atMs) / 1_000;
}

/** Waits for news of a region, in their order: those before the awaited ones are left out. */
function newsOf(space: ProjectingSpace, region: string) {
  const waiting: RegionNews[] = [];
  return async (isIt: (news: RegionNews) => boolean): Promise<RegionNews> => {
    for (;;) {
      for (let news = waiting.shift(); news; news = waiting.shift()) if (isIt(news)) return news;
      waiting.push(...(await space.news()).filter((news) => news.region === region));
      await pause(POLL_MS);
    }
  };
}
