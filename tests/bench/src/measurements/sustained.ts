import { connectKafka, consumerLag } from '@meridian/messaging';
import { topicOf } from '@meridian/contracts';
import { groupIdOf } from '@meridian/projection';
import { setTimeout as pause } from 'node:timers/promises';
import type { Measurement, Sample } from '../measure/measurement.ts';
import { backlogOf } from '../system/backlog.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startChild } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { connectRegion, emptyKeyspaces, PROJECTIONS } from '../system/read-space.ts';
import { CALLS_IN_FLIGHT } from './commands.ts';
import { bestOf, EVEN, loadOnce, sidesOf, startOurs } from './orders.ts';

const SWEEP_SECONDS = 2;
const POLL_MS = 100;

/** Everything at work: command-service with its relay, and all projectors, in spaces of this name. */
export async function startWhole(system: BenchSystem, space: string, storedOrders: number) {
  const [home = ''] = system.regions;
  const session = await connectRegion(system, home);
  await emptyKeyspaces(session, system, space);
  await session.close();
  const command = await startOurs(system, { space, storedOrders, environment: { MERIDIAN_RELAY: 'on' } });
  const projectors = await Promise.all(
    PROJECTIONS.map(({ name }) =>
      system.startService(`projector ${name}`, `apps/projectors/${name}/src/main.ts`, space, {
        MERIDIAN_JOURNAL_ADDRESSES: command.addresses.join(','),
      }),
    ),
  );
  return {
    addresses: command.addresses,
    pids: { ...command.pids, ...Object.fromEntries(projectors.map(({ name, pid }) => [name, pid])) },
    async stop() {
      await command.stop();
      await Promise.all(projectors.map((projector) => projector.stop()));
    },
  };
}

/** Resolves when the relay has published everything and every projector has applied everything. */
export async function caughtUp(system: BenchSystem, space: string): Promise<void> {
  const kafka = connectKafka({ brokers: system.brokers, clientId: 'bench-lag' });
  while ((await backlogOf(system.mysqlUrl, space)) > 0n) await pause(POLL_MS);
  for (const projection of PROJECTIONS) {
    const topics = projection.contexts.map((context) => topicOf(context, space));
    const group = groupIdOf(projection, space);
    while ((await consumerLag(kafka, group, topics)).some(({ lag }) => lag > 0n)) await pause(POLL_MS);
  }
}

/** What the whole carries: orders until the last projector has applied them, against commands alone. */
export const commandsSustained: Measurement = {
  name: 'commands.sustained',
  what: 'with relay and projectors running, until all has been applied ÷ commands.throughput’s own rate',
  ...{ goal: 0.6, unit: 'orders/s', kind: 'rate' },
  async prepare(system, { storedOrders: { small }, seconds }) {
    const space = `bench_whole_${small}`;
    const loader = await startChild('load-orders.ts', {});
    const whole = await startWhole(system, space, small);
    const alone = await startOurs(system, { space: `bench_ours_${small}`, storedOrders: small });
    const loadAlone = async (concurrency: number, lasting: number): Promise<Sample> => {
      const { times: _times, ...sample } = await loadOnce(system, loader, alone, {
        ...{ concurrency, mix: EVEN, seconds: lasting },
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
      const cpuSince = startCpuCount({ ...whole.pids, load: loader.pid, ...(await system.enginePids()) });
      const startedMs = performance.now();
      const { operations } = await loadOnce(system, loader, whole, {
        ...{ concurrency, mix: EVEN, seconds },
      });
      await caughtUp(system, space);
      const took = (performance.now() - startedMs) / 1_000;
      return { value: operations / took, operations, cpuSeconds: cpuSince() };
    };
    await ours();
    return sidesOf(loader, [whole, alone], ours, () => loadAlone(concurrency, seconds), [
      'a run counts from the first call to the last projector’s last event, so no backlog is left out',
      `calls in flight: ${concurrency}`,
    ]);
  },
};
