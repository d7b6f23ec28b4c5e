import type { Measurement, Sample, Scale } from '../measure/measurement.ts';
import type { LoadQuestion } from '../processes/load-orders.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startChild, type Child } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { CALLS_IN_FLIGHT } from './commands.ts';
import { bestOf, EVEN, loadOnce, sidesOf, startOurs, type OrderServers } from './orders.ts';
import { caughtUp, startWhole } from './whole.ts';

const SWEEP_SECONDS = 2;
/**
 * Enough calls to keep the commands ahead of the projectors, and few enough to be answered in time on a slow machine.
 */
const CALLS_TO_CARRY = 64;

/** The load that the whole system carried in a run of the bench, in orders per second: measured once. */
const carried = new WeakMap<BenchSystem, number>();

/**
 * How many orders per second the whole system carries, until the last projector has applied them. Takes the result of
 * `commands.sustained` in this run of the bench, else measures now. Services that have just started are slow, so they
 * are loaded twice.
 */
export async function carriedBy(
  system: BenchSystem,
  whole: OrderServers,
  space: string,
  { seconds, repeats }: Pick<Scale, 'seconds' | 'repeats'>,
): Promise<number> {
  const known = carried.get(system);
  if (known !== undefined) return known;
  const loader = await startChild('load-orders.ts', system.callers);
  const question = { concurrency: CALLS_TO_CARRY, mix: EVEN, seconds };
  let rate = 0;
  for (let time = 0; time < Math.min(2, repeats); time++)
    ({ value: rate } = await loadUntilApplied(system, { loader, whole, space }, question));
  await loader.stop();
  carried.set(system, rate);
  return rate;
}

/** Counts from the first call until the last projector has applied the last event. */
async function loadUntilApplied(
  system: BenchSystem,
  { loader, whole, space }: { readonly loader: Child; readonly whole: OrderServers; readonly space: string },
  question: Omit<LoadQuestion, 'addresses'>,
): Promise<Sample> {
  const cpuSince = startCpuCount({ ...whole.pids, load: loader.pid, ...(await system.enginePids()) });
  const startedMs = performance.now();
  const { operations } = await loadOnce(system, loader, whole, question);
  await caughtUp(system, space);
  const took = (performance.now() - startedMs) / 1_000;
  return { value: operations / took, operations, cpuSeconds: cpuSince() };
}

/** What the whole system carries: orders until the last projector has applied them, against commands alone. */
export const commandsSustained: Measurement = {
  name: 'commands.sustained',
  what: 'with relay and projectors running, until all has been applied ÷ commands.throughput’s own rate',
  goal: 0.6,
  unit: 'orders/s',
  kind: 'rate',
  async prepare(system, { storedOrders: { small }, seconds }) {
    const space = `bench_whole_${small}`;
    const loader = await startChild('load-orders.ts', {});
    const whole = await startWhole(system, space, small);
    const alone = await startOurs(system, { space: `bench_ours_${small}`, storedOrders: small });
    const loadAlone = async (concurrency: number, lasting: number): Promise<Sample> => {
      const { times: _times, ...sample } = await loadOnce(system, loader, alone, {
        concurrency,
        mix: EVEN,
        seconds: lasting,
      });
      return sample;
    };
    const sweep = Math.min(SWEEP_SECONDS, seconds);
    await loadAlone(CALLS_IN_FLIGHT.ours[0] ?? 256, sweep);
    const concurrency = await bestOf(
      CALLS_IN_FLIGHT.ours,
      async (candidate) => (await loadAlone(candidate, sweep)).value,
    );
    const ours = async (): Promise<Sample> => {
      const question = { concurrency, mix: EVEN, seconds };
      const sample = await loadUntilApplied(system, { loader, whole, space }, question);
      carried.set(system, sample.value);
      return sample;
    };
    await ours();
    return sidesOf(loader, [whole, alone], ours, () => loadAlone(concurrency, seconds), [
      'a run counts from the first call to the last projector’s last event, so no backlog is left out',
      `calls in flight: ${concurrency}`,
    ]);
  },
};
