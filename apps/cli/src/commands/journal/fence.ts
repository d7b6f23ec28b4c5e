import { writeFile } from 'node:fs/promises';
import { connectKafka } from '@meridian/messaging';
import { migrate } from '@meridian/mysql';
import { eventsInKafkaAbove, highestInKafka, replicasAtWork } from '@meridian/relay';
import { fenceJournal, migrationsFolder } from '@meridian/write-store';
import { CommanderError } from 'commander';
import { eventLine, say, toJson } from '../../output.ts';
import { onJournal, storesOf, type StoreOptions } from './stores.ts';

/** How to fence. */
export interface FenceOptions extends StoreOptions {
  readonly reason: string;
  readonly atLeast?: bigint;
  readonly force: boolean;
  /** Where to write the events that Kafka holds and the database has lost. */
  readonly lost?: string;
  readonly json: boolean;
}

/** Raises the journal's head above all that Kafka holds and records the positions in between as given up. */
export async function fence(options: FenceOptions): Promise<void> {
  const stores = storesOf(options);
  const { mysqlUrl: url, database, brokers, topicPrefix } = stores;
  const kafka = connectKafka({ brokers, clientId: 'meridian-fence' });
  // A backup may be older than the table of fences.
  await migrate({ url, database, folder: migrationsFolder });
  const result = await onJournal(stores, async (pool) => {
    const replicas = await replicasAtWork(pool);
    if (replicas.length > 0 && !options.force) throw stillRunning(replicas);
    const partitions = await highestInKafka(kafka, topicPrefix);
    const inKafka = partitions.reduce((most, { position }) => (position > most ? position : most), 0n);
    const { atLeast = 0n, reason } = options;
    const position = inKafka > atLeast ? inKafka : atLeast;
    const { before, after } = await fenceJournal(pool, { position, reason });
    return { before, after, inKafka, partitions: partitions.length };
  });
  if (options.lost !== undefined) {
    const events = await eventsInKafkaAbove(kafka, topicPrefix, result.before);
    await writeFile(options.lost, events.map((event) => `${eventLine(event)}\n`).join(''));
    if (!options.json)
      say(`${events.length} events that the database has lost were written to ${options.lost}`);
  }
  if (options.json) return say(toJson(result));
  const { before, after, inKafka, partitions } = result;
  say(`the journal's head was ${before}; Kafka holds positions up to ${inKafka} in ${partitions} partitions`);
  if (after === before) return say('nothing to do: the next position is above all that Kafka holds');
  say(`positions ${before + 1n} to ${after} are given up; the next event gets ${after + 1n}`);
  say('events at these positions may be in Kafka and in read models: see docs/backup-and-restore.md');
}

function stillRunning(replicas: readonly string[]): CommanderError {
  const names = replicas.join(', ');
  const message = `command-service runs on this database (${names}): it may have drawn positions again already. Stop it first, or insist with --force`;
  return new CommanderError(1, 'meridian.replicasAtWork', message);
}
