import { CONTEXTS, topicOf, type ContextName } from '@meridian/contracts';
import { defaultStackFolder, readStackState, stackStatus, type StackStatus } from '@meridian/local-stack';
import { connectKafka, consumerLag } from '@meridian/messaging';
import { groupIdOf } from '@meridian/projection';
import { say, table, toJson } from '../output.ts';

/** What each projector consumes. */
const SOURCES: Readonly<Record<string, readonly ContextName[]>> = {
  catalog: ['catalog'],
  customers: ['customers', 'orders'],
  inventory: ['inventory'],
  orders: ['orders'],
  sales: ['orders'],
};

interface ProjectorLag {
  readonly projector: string;
  readonly context: string;
  readonly lag: bigint;
  readonly byPartition: readonly bigint[];
}

/** Prints how engines and services are and how far each projector is behind, by partition. */
export async function status({ json = false }: { json?: boolean }): Promise<void> {
  const folder = defaultStackFolder();
  const found = await stackStatus(folder);
  const lags = await lagsOf(folder, found);
  if (json) return say(toJson({ ...found, lags }));
  if (found.engines.length === 0 && found.services.length === 0) {
    return say('nothing was ever started here: `meridian up` or `npm start`');
  }
  say(
    table(
      ['engine', 'state', 'address', 'pid'],
      found.engines.map((e) => [e.name, e.state, e.address, String(e.pid ?? '')]),
    ),
  );
  say();
  const services = found.services.map((s) => [
    s.name,
    s.state,
    s.address ?? '',
    `http://${s.httpAddress}`,
    String(s.pid ?? ''),
  ]);
  say(table(['service', 'state', 'gRPC', 'metrics and health', 'pid'], services));
  if (lags.length === 0) return;
  say();
  const rows = lags.map(({ projector, context, lag, byPartition }) => [
    projector,
    context,
    String(lag),
    byPartition.join(' '),
  ]);
  say(table(['projector', 'context', 'lag', 'by partition'], rows));
}

async function lagsOf(folder: string, { engines }: StackStatus): Promise<readonly ProjectorLag[]> {
  const state = readStackState(folder);
  const kafkaUp = engines.some(({ name, state: now }) => name === 'kafka' && now === 'running');
  if (!state || !(kafkaUp || state.engineMode === 'external')) return [];
  const brokers = (state.engineEnvironment['MERIDIAN_KAFKA_BROKERS'] ?? '').split(',');
  const kafka = connectKafka({ brokers, clientId: 'meridian-status' });
  const { topicPrefix } = state.names;
  const lags: ProjectorLag[] = [];
  for (const [projector, contexts] of Object.entries(SOURCES)) {
    const topics = contexts.map((context) => topicOf(context, topicPrefix));
    const partitions = await consumerLag(
      kafka,
      groupIdOf({ name: projector, generation: 1 }, topicPrefix),
      topics,
    );
    for (const context of CONTEXTS.filter((name) => contexts.includes(name))) {
      const own = partitions.filter(({ topic }) => topic === topicOf(context, topicPrefix));
      const byPartition = own.map(({ lag }) => lag);
      lags.push({ projector, context, byPartition, lag: byPartition.reduce((sum, lag) => sum + lag, 0n) });
    }
  }
  return lags;
}
