import { workspaceFolder } from '@meridian/engines';
import { checkOut } from '@meridian/testing/other-version';
import path from 'node:path';
import type { Measurement, Sample } from '../measure/measurement.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startChild } from '../system/child.ts';
import { startCpuCount, totalOf } from '../system/cpu-time.ts';
import { forgetSpace } from '../system/forget-space.ts';
import { type RunVersion, THIS_VERSION, versionIn } from '../system/version.ts';
import { EVEN, loadOnce, type OrderServers, sidesOf } from './orders.ts';
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

/** What an order costs in all: services and engines, from the call to the rows in both regions. */
export const pipelineCost: Measurement = {
  name: 'pipeline.cost',
  what: 'CPU per order of the whole system, engines included, until all is applied ÷ the same at the commit of --before',
  goal: 0.5,
  unit: 'CPU-µs/order',
  kind: 'time',
  async prepare(system, { seconds, storedOrders: { small } }) {
    const folder = path.join(workspaceFolder(), '.meridian/bench/before-');
    const { workspace } = await checkOut(system.before, folder);
    const loader = await startChild('load-orders.ts', {});
    const ours = await startSide(system, 'bench_cost', THIS_VERSION, small);
    const before = await startSide(system, 'bench_cost_before', await versionIn(workspace), small);
    const calls = Math.ceil(ORDERS_A_SECOND * seconds);
    const run =
      ({ servers, space, version }: Side) =>
      async (): Promise<Sample> => {
        const cpuSince = startCpuCount({ ...servers.pids, ...(await system.enginePids()) });
        const question = { concurrency: CALLS_IN_FLIGHT, mix: EVEN, calls };
        const { operations } = await loadOnce(system, loader, servers, question);
        await caughtUp(system, space, version);
        const cpuSeconds = cpuSince();
        return { value: (totalOf(cpuSeconds) / operations) * 1e6, operations, cpuSeconds };
      };
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) for (const side of [ours, before]) await run(side)();
    return sidesOf(loader, [ours.servers, before.servers], run(ours), run(before), [
      `${calls} orders a run by ${CALLS_IN_FLIGHT} callers; the load’s own CPU is not counted; before: ${system.before}`,
    ]);
  },
};
