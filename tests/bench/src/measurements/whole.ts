import { topicOf } from '@meridian/contracts';
import { connectKafka, consumerLag } from '@meridian/messaging';
import { groupIdOf } from '@meridian/projection';
import { backlogOf } from '../system/backlog.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { noneLeft } from '../system/none-left.ts';
import { connectRegion, emptyKeyspaces } from '../system/read-space.ts';
import { type RunVersion, THIS_VERSION } from '../system/version.ts';
import { type OrderServers, startOurs } from './orders.ts';

/** Everything at work: command-service with its relay, and all projections, in spaces of this name. */
export async function startWhole(
  system: BenchSystem,
  space: string,
  storedOrders: number,
  version = THIS_VERSION,
): Promise<OrderServers> {
  const [home = ''] = system.regions;
  const session = await connectRegion(system, home);
  await emptyKeyspaces(session, system, space);
  await session.close();
  const environment = { MERIDIAN_RELAY: 'on' };
  const command = await startOurs(system, { space, storedOrders, environment, version });
  const projectors = await Promise.all(
    projectorsOf(version).map(({ name, folder }) =>
      system.startService(
        name,
        `apps/projectors/${folder}/src/main.ts`,
        space,
        { MERIDIAN_JOURNAL_ADDRESSES: command.addresses.join(',') },
        version.workspace,
      ),
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

/** One process for all projections, as `meridian up` starts them; one for each where a version knows no other way. */
function projectorsOf({ projections, hasOneProjector }: RunVersion) {
  if (hasOneProjector) return [{ name: 'projectors', folder: 'all' }];
  return projections.map(({ name }) => ({ name: `projector ${name}`, folder: name }));
}

/**
 * Resolves when the relay has published everything and every projector has applied everything, as the committed offsets say. Rejects
 * after a minute without progress.
 */
export async function caughtUp(
  system: BenchSystem,
  space: string,
  { projections } = THIS_VERSION,
): Promise<void> {
  const kafka = connectKafka({ brokers: system.brokers, clientId: 'bench-lag', security: system.security });
  await noneLeft('to publish', () => backlogOf(system.mysql, space));
  for (const { name, version: generation, contexts } of projections) {
    const topics = contexts.map((context) => topicOf(context, space));
    const group = groupIdOf({ name, generation }, space);
    await noneLeft(`for projector ${name}`, async () => {
      const partitions = await consumerLag(kafka, group, topics);
      return partitions.reduce((sum, { lag }) => sum + lag, 0n);
    });
  }
}
