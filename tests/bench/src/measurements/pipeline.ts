import type { Measurement, Sample } from '../measure/measurement.ts';
import { watchApplied } from '../system/applied.ts';
import { startBarePipeline } from '../system/bare-pipeline.ts';
import { startChild } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { forgetSpace } from '../system/forget-space.ts';
import { bestOf, EVEN, loadOnce, rawSpaceOf, sidesOf, startRaw } from './orders.ts';
import { startWhole } from './whole.ts';

const SPACE = 'bench_pipeline';
const BARE_SPACE = 'bench_chain';
const SWEEP_SECONDS = 2;
/** More callers only make the backlog longer. */
const OUR_CALLS = [64, 256];
const RAW_CALLS = [16, 64, 128];
const RAW_CONNECTIONS = 128;
/** The events whose rows each consumer of the bare chain has on their way; the driver takes no more than 4,096 statements. */
const RAW_EVENTS = [64, 256, 512];
const FIRST_RAW_CALLS = 64;

/** Orders from the call to the rows of all read models in both regions. */
export const pipelineThroughput: Measurement = {
  name: 'pipeline.throughput',
  what: 'orders until all five read models of both regions have them ÷ the bare chain: a transaction per order, a loop that publishes, a consumer per read model that writes the same rows one statement each',
  goal: 4,
  unit: 'orders/s',
  kind: 'rate',
  async prepare(system, { seconds, storedOrders: { small } }) {
    const sweep = Math.min(SWEEP_SECONDS, seconds);
    const loader = await startChild('load-orders.ts', {});
    await forgetSpace(system, SPACE);
    const whole = await startWhole(system, SPACE, small);
    const applied = await watchApplied(system, SPACE);
    const handler = await startRaw(system, { storedOrders: small, connections: RAW_CONNECTIONS });
    const chain = await startBarePipeline(system, BARE_SPACE, rawSpaceOf(small));

    const ours = async (concurrency: number, lasting: number): Promise<Sample> => {
      const before = await applied.head();
      const cpuSince = startCpuCount({ ...whole.pids, load: loader.pid, ...(await system.enginePids()) });
      const startedMs = performance.now();
      const question = { concurrency, mix: EVEN, seconds: lasting };
      const loading = loadOnce(system, loader, whole, question);
      // Also when calls failed: what was accepted must not be left to the next run.
      const { operations } = await loading.finally(() => applied.allSince(before));
      const took = (performance.now() - startedMs) / 1_000;
      return { value: operations / took, operations, cpuSeconds: cpuSince() };
    };
    const raw = async (concurrency: number, lasting: number): Promise<Sample> => {
      const pids = { ...handler.pids, ...chain.pids, load: loader.pid };
      const cpuSince = startCpuCount({ ...pids, ...(await system.enginePids()) });
      const startedMs = Date.now();
      let lastMs = startedMs;
      const question = { concurrency, mix: EVEN, seconds: lasting };
      const loading = loadOnce(system, loader, handler, question);
      const { operations } = await loading.finally(async () => (lastMs = await chain.allWritten()));
      const took = (lastMs - startedMs) / 1_000;
      return { value: operations / took, operations, cpuSeconds: cpuSince() };
    };
    const rawWith = async (events: number, calls: number) => {
      await chain.setEventsInFlight(events);
      return (await raw(calls, sweep)).value;
    };
    await ours(OUR_CALLS[0] ?? 64, sweep);
    const ourCalls = await bestOf(OUR_CALLS, async (calls) => (await ours(calls, sweep)).value);
    await raw(FIRST_RAW_CALLS, sweep);
    const events = await bestOf(RAW_EVENTS, (candidate) => rawWith(candidate, FIRST_RAW_CALLS));
    const rawCalls = await bestOf(RAW_CALLS, (calls) => rawWith(events, calls));
    await chain.setEventsInFlight(events);
    const sides = sidesOf(
      loader,
      [whole, handler],
      () => ours(ourCalls, seconds),
      () => raw(rawCalls, seconds),
      [
        `calls in flight: ours ${ourCalls}, raw ${rawCalls}; raw: the rows of ${events} events in flight per consumer; both at EACH_QUORUM`,
        'a run counts from the first call to the last row, so no backlog is left out',
      ],
    );
    return {
      ...sides,
      close: async () => void (await Promise.all([sides.close(), chain.stop(), applied.close()])),
    };
  },
};
