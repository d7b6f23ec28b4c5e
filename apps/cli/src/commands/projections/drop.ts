import { setTimeout as pause } from 'node:timers/promises';
import { deleteGroups } from '@meridian/messaging';
import { cqlName, groupIdOf } from '@meridian/projection';
import { drop as dropGeneration } from '@meridian/read-store';
import { kafkaOf } from '../../engine-connections.ts';
import type { ReaderOptions } from '../../engine-stores.ts';
import { say } from '../../output.ts';
import { onGenerations, projectionOf } from './store.ts';

/** Projectors and query-services read the generations at least every second. */
const FOLLOWED_WITHIN_MS = 3_000;

/**
 * Drops a generation: removes its tables and its consumer group, once no process feeds or reads the generation any
 * more.
 */
export async function drop(name: string, generation: number, options: ReaderOptions): Promise<void> {
  const { tables, formerTables = [] } = projectionOf(name);
  const ofAnyVersion = [...tables, ...formerTables.map((former) => ({ name: former }))];
  await onGenerations(options, async ({ of, session, stores }) => {
    // First of all: whoever has not named Kafka learns of it before anything is dropped.
    const kafka = kafkaOf(stores, 'meridian-drop');
    await dropGeneration(of(name), generation);
    await pause(FOLLOWED_WITHIN_MS);
    await session.schema(
      ofAnyVersion.map((one) => `DROP TABLE IF EXISTS ${stores.keyspace}.${cqlName(one, generation)}`),
    );
    await deleteGroups(kafka, [groupIdOf({ name, generation }, stores.topicPrefix)]);
    say(`generation ${generation} of ${name} is gone`);
  });
}
