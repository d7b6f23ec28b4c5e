import { dropKeyspace, ensureKeyspace, type CassandraSession } from '@meridian/cassandra';
import { CONTEXTS, topicOf } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { deleteTopics, ensureTopics, findGroups } from '@meridian/messaging';
import { CommanderError } from 'commander';
import { cassandraOf, kafkaOf } from '../../engine-connections.ts';
import { readersOf, type ReaderOptions } from '../../engine-stores.ts';
import { isKeyspace, replicasOf } from '../../keyspace-regions.ts';
import { say } from '../../output.ts';

/** What to reset. */
export interface ResetOptions extends ReaderOptions {
  readonly yes: boolean;
}

/**
 * Empties read models and topics, after a restore, when both hold events that the journal has lost. The copies of the
 * customers' keys are kept. Throws an error, and removes nothing, when a projector is at work, Cassandra does not answer, or there is no such
 * keyspace. Safe to repeat, also after an end in the middle.
 */
export async function resetReaders(options: ResetOptions): Promise<void> {
  if (!options.yes)
    throw refusal('this removes every read model and every topic of events: confirm with --yes');
  const stores = readersOf(options);
  const { topicPrefix, keyspace } = stores;
  const kafka = kafkaOf(stores, 'meridian-reset');
  const groups = await findGroups(kafka, `${topicPrefix}.projector.`);
  const atWork = groups.filter(({ members }) => members > 0).map(({ groupId }) => groupId);
  if (atWork.length > 0) throw refusal(`projectors are at work (${atWork.join(', ')}): stop them first`);
  const topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
  const session = await cassandraOf(stores);
  try {
    const replicas = await replicasFor(session, keyspace);
    await deleteTopics(kafka, topics);
    await ensureTopics(kafka, topics, SHARD_COUNT);
    const byRegion = Object.entries(replicas).map(([region, count]) => `${region} ${count}`);
    say(`keyspace ${keyspace} is made anew, with these replicas: ${byRegion.join(', ')}`);
    await dropKeyspace(session, keyspace);
    await ensureKeyspace(session, keyspace, replicas);
  } finally {
    await session.close();
  }
  say(
    `keyspace ${keyspace} and ${topics.length} topics are empty; now run: meridian journal republish --from 1`,
  );
}

/**
 * How many replicas of a keyspace each region has. An earlier reset may have removed the keyspace and not made it again. Then these are
 * the numbers of the keyspace that holds the copies of the keys.
 */
async function replicasFor(session: CassandraSession, keyspace: string): Promise<Record<string, number>> {
  const keys = `${keyspace}_keys`;
  const isMissing = !(await isKeyspace(session, keyspace)) && (await isKeyspace(session, keys));
  if (isMissing)
    say(
      `keyspace ${keyspace} is missing, as after a reset that was interrupted: it gets the replicas of ${keys}`,
    );
  return replicasOf(session, isMissing ? keys : keyspace);
}

function refusal(message: string): CommanderError {
  return new CommanderError(1, 'meridian.notReset', message);
}
