import { connectCassandra, ensureKeyspace } from '@meridian/cassandra';
import { CONTEXTS, topicOf } from '@meridian/contracts';
import { contactPointsOf, replicasByRegion } from '@meridian/engines';
import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka, ensureTopics } from '@meridian/messaging';
import type { StackNames } from './stack-names.ts';

/** Creates the missing keyspaces and topics, before any service starts. Safe to repeat. */
export async function prepare(
  regions: readonly string[],
  engines: Readonly<Record<string, string>>,
  names: StackNames,
): Promise<void> {
  await Promise.all([prepareKeyspaces(regions, engines, names), prepareTopics(engines, names)]);
}

async function prepareKeyspaces(
  regions: readonly string[],
  engines: Readonly<Record<string, string>>,
  { keyspace }: StackNames,
): Promise<void> {
  const [home = ''] = regions;
  const session = await connectCassandra({
    contactPoints: contactPointsOf(engines, home),
    localDataCenter: home,
  });
  try {
    const replicas = replicasByRegion(engines, regions);
    await ensureKeyspace(session, keyspace, replicas);
    await ensureKeyspace(session, `${keyspace}_keys`, replicas);
  } finally {
    await session.close();
  }
}

async function prepareTopics(
  engines: Readonly<Record<string, string>>,
  { topicPrefix }: StackNames,
): Promise<void> {
  const brokers = (engines['MERIDIAN_KAFKA_BROKERS'] ?? '').split(',');
  const kafka = connectKafka({ brokers, clientId: 'meridian-prepare' });
  await ensureTopics(
    kafka,
    CONTEXTS.map((context) => topicOf(context, topicPrefix)),
    SHARD_COUNT,
  );
}
