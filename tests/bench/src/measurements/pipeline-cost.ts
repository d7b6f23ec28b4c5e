import { workspaceFolder } from '@meridian/engines';
import { checkOut } from '@meridian/testing/other-version';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Measurement, Sample, Sides } from '../measure/measurement.ts';
import type { SteadyAnswer, SteadyQuestion } from '../processes/load-steadily.ts';
import type { BenchSystem, OpenSystem } from '../system/bench-system.ts';
import { startChild, type Child } from '../system/child.ts';
import { startCpuCount, totalOf } from '../system/cpu-time.ts';
import { forgetSpace } from '../system/forget-space.ts';
import { type RunVersion, THIS_VERSION, versionIn } from '../system/version.ts';
import { EVEN, loadOnce, type OrderServers, sidesOf } from './orders.ts';
import { carriedBy } from './sustained.ts';
import { caughtUp, startWhole } from './whole.ts';

const CALLS_IN_FLIGHT = 256;
/** The same number of orders on both sides, whatever each of them carries. */
const ORDERS_A_SECOND = 600;
/** Runs of each side before those that count: services and engines compile their hot code meanwhile. */
const WARM_UPS = 2;

interface Side {
  readonly space: string;
  readonly version: RunVersion;
  readonly servers: OrderServers;
}

async function startSide(
  system: BenchSystem,
  space: string,
  version: RunVersion,
  storedOrders: number,
): Promise<Side> {
  await forgetSpace(system, space);
  return { space, version, servers: await startWhole(system, space, storedOrders, version) };
}

/** This version and that of `--before`, side by side. */
interface BothSides {
  readonly ours: Side;
  readonly before: Side;
}

/** Both versions, with so many stored orders. */
async function startSides(system: OpenSystem, name: string, storedOrders: number): Promise<BothSides> {
  const folder = path.join(workspaceFolder(), '.meridian/bench/before-');
  const { workspace } = await checkOut(system.before, folder);
  const ours = await startSide(system, name, THIS_VERSION, storedOrders);
  const before = await startSide(system, `${name}_before`, await versionIn(workspace), storedOrders);
  return { ours, before };
}

/** Runs of both sides under the load of a child process, after warm-ups. `load` gives how many orders it placed. */
async function costOf(
  system: OpenSystem,
  { ours, before }: BothSides,
  loader: Child,
  load: (servers: OrderServers) => Promise<number>,
  note: string,
): Promise<Sides> {
  const run =
    ({ servers, space, version }: Side) =>
    async (): Promise<Sample> => {
      const cpuSince = startCpuCount({ ...servers.pids, ...(await system.enginePids()) });
      const operations = await load(servers);
      await caughtUp(system, space, version);
      const cpuSeconds = cpuSince();
      return { value: (totalOf(cpuSeconds) / operations) * 1e6, operations, cpuSeconds };
    };
  for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) for (const side of [ours, before]) await run(side)();
  return sidesOf(loader, [ours.servers, before.servers], run(ours), run(before), [
    `${note}; before: ${system.before}`,
  ]);
}

/** What an order costs in all: services and engines, from the call to the rows in both regions. */
export const pipelineCost: Measurement = {
  name: 'pipeline.cost',
  what: 'CPU per order of the whole system, engines included, until all is applied ÷ the same at the commit of --before',
  goal: 0.5,
  unit: 'CPU-µs/order',
  kind: 'time',
  async prepare(system, { seconds, storedOrders: { small } }) {
    const loader = await startChild('load-orders.ts', {});
    const sides = await startSides(system, 'bench_cost', small);
    const calls = Math.ceil(ORDERS_A_SECOND * seconds);
    const load = async (servers: OrderServers) => {
      const question = { concurrency: CALLS_IN_FLIGHT, mix: EVEN, calls };
      return (await loadOnce(system, loader, servers, question)).operations;
    };
    const note = `${calls} orders a run by ${CALLS_IN_FLIGHT} callers; the load’s own CPU is not counted`;
    return costOf(system, sides, loader, load, note);
  },
};

const LIGHT_SHARE = 0.1;
/** So many times as long as the runs of other lines: there are few orders in a run. */
const LONGER = 3;

/** What an order costs while there is little to do. Whatever is done per round is done for one or two orders then. */
export const pipelineLight: Measurement = {
  name: 'pipeline.light',
  what: 'CPU per order of the whole system at a tenth of what it carries ÷ the same at the commit of --before',
  goal: 0.7,
  unit: 'CPU-µs/order',
  kind: 'time',
  async prepare(system, scale) {
    const loader = await startChild('load-steadily.ts', system.callers);
    const sides = await startSides(system, 'bench_light', scale.storedOrders.small);
    const { servers, space } = sides.ours;
    const carried = await carriedBy(system, servers, space, scale);
    const perSecond = Math.max(1, Math.floor(carried * LIGHT_SHARE));
    const load = async ({ addresses: [address = ''] }: OrderServers) => {
      await loader.ask({ kind: 'begin', address, ordersPerSecond: perSecond } satisfies SteadyQuestion);
      await pause(LONGER * scale.seconds * 1_000);
      return (await loader.ask<SteadyAnswer>({ kind: 'end' } satisfies SteadyQuestion)).placed;
    };
    const note = 'the other version idles beside, and is not counted';
    const measured = await costOf(system, sides, loader, load, note);
    return { ...measured, load: { perSecond, unit: 'orders/s', carried } };
  },
};
