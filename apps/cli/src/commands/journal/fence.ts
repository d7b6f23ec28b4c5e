import { migrate, type MysqlPool } from '@meridian/mysql';
import { eventsInKafkaAbove, highestInKafka, replicasAtWork } from '@meridian/relay';
import {
  fenceJournal,
  migrationsFolder,
  readFences,
  readJournalState,
  type JournalFence,
  type JournalState,
} from '@meridian/write-store';
import { CommanderError } from 'commander';
import { kafkaOf, onJournal } from '../../engine-connections.ts';
import { storesOf, type StoreOptions } from '../../engine-stores.ts';
import { say, toJson } from '../../output.ts';
import { ensureWritable } from '../../writable-file.ts';
import { addLost, type LostFile } from './lost-file.ts';

/** How to fence. */
export interface FenceOptions extends StoreOptions {
  readonly reason: string;
  readonly atLeast?: bigint;
  readonly force: boolean;
  /** Where to write the events that Kafka holds and the database has lost. What an earlier run wrote there stays. */
  readonly lost?: string;
  readonly json: boolean;
}

/**
 * Raises the journal's head above every position that Kafka holds or a replica has seen. Records the positions in
 * between as given up. The lost events are on disk before the head is raised. A repeat finds the same events, and keeps those in
 * the file that it does not find any more. So whatever fails, no event that Kafka held at the first run is lost.
 */
export async function fence(options: FenceOptions): Promise<void> {
  if (options.lost !== undefined) ensureWritable(options.lost, '--lost');
  const stores = storesOf(options);
  const { mysqlUrl: url, mysqlAuthority: authority, database, topicPrefix } = stores;
  const kafka = kafkaOf(stores, 'meridian-fence');
  // The backup may be older than the table of fences.
  await migrate({ url, authority, database, folder: migrationsFolder });
  const result = await onJournal(stores, async (pool) => {
    const state = await readJournalState(pool);
    await refuseBesideReplicas(pool, state, options);
    const partitions = await highestInKafka(kafka, topicPrefix, state.journalId);
    const inKafka = partitions.reduce((most, { position }) => (position > most ? position : most), 0n);
    let lost: LostFile | undefined;
    if (options.lost !== undefined) {
      const kept = lastKept(state.head, await readFences(pool));
      const events = await eventsInKafkaAbove(kafka, topicPrefix, kept, state.journalId);
      lost = await addLost(options.lost, events);
    }
    // A replica may have started while Kafka was read.
    const { head, knownPosition, ...rest } = await readJournalState(pool);
    await refuseBesideReplicas(pool, { head, knownPosition, ...rest }, options);
    const { atLeast = 0n, reason } = options;
    const position = [inKafka, atLeast, knownPosition].reduce((most, one) => (one > most ? one : most));
    const { before, after } = await fenceJournal(pool, { position, reason });
    return {
      before,
      after,
      inKafka,
      partitions: partitions.length,
      written: lost?.events,
      keptFromBefore: lost?.kept,
    };
  });
  if (options.json) return say(toJson(result));
  const { before, after, inKafka, partitions, written, keptFromBefore = 0 } = result;
  if (written !== undefined)
    say(`${written} events that the database has lost were written to ${options.lost ?? ''}`);
  if (keptFromBefore > 0) say(`${keptFromBefore} of these were in the file before`);
  say(`the journal's head was ${before}; Kafka holds positions up to ${inKafka} in ${partitions} partitions`);
  if (after === before) return say('nothing to do: the next position is above all that Kafka holds');
  say(`positions ${before + 1n} to ${after} are given up; the next event gets ${after + 1n}`);
  say('events at these positions may be in Kafka and in read models: see docs/backup-and-restore.md');
}

/** The last position that may hold an event. Earlier fences have given up all positions above it, up to the head. */
function lastKept(head: bigint, fences: readonly JournalFence[]): bigint {
  return fences
    .toReversed()
    .reduce(
      (kept, { firstPosition, lastPosition }) => (lastPosition === kept ? firstPosition - 1n : kept),
      head,
    );
}

/** Replicas that know that the journal is behind use no position, and wait for the fence. */
async function refuseBesideReplicas(
  pool: MysqlPool,
  { head, knownPosition }: JournalState,
  { force }: FenceOptions,
): Promise<void> {
  if (knownPosition > head) return;
  const replicas = force ? [] : await replicasAtWork(pool);
  if (replicas.length > 0) throw stillRunning(replicas);
}

function stillRunning(replicas: readonly string[]): CommanderError {
  const names = replicas.join(', ');
  const message = `command-service runs on this database (${names}): it may already have given positions a second time. Stop it first, or use --force`;
  return new CommanderError(1, 'meridian.replicasAtWork', message);
}
