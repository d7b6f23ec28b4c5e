import { createSignal, endsWithin, type Signal } from '@meridian/async';
import type { KafkaHandle } from '@meridian/messaging';
import type { MysqlPool } from '@meridian/mysql';
import { checkJournal, readJournalId, type JournalBehind, type KnownJournal } from '@meridian/write-store';
import type { Log } from './log.ts';
import { lookAtTopics, type ForeignEvent } from './look-at-topics.ts';
import { onceRead } from './once-read.ts';

/** What is watched, and how often. */
export interface JournalWatchOptions {
  readonly pool: MysqlPool;
  /** What this process knows of how far the journal was; what is seen in Kafka is added to it. */
  readonly journal: KnownJournal;
  readonly kafka: KafkaHandle;
  readonly topicPrefix: string;
  readonly log: Log;
  /** How often to compare the head with what is known: one read of two rows. */
  readonly headEveryMs?: number;
  /** How often to look at the newest events in Kafka without having been told to. */
  readonly kafkaEveryMs?: number;
  /** The same while something is wrong. */
  readonly troubledEveryMs?: number;
  /** How often at most, however often it is told to. */
  readonly kafkaAtMostEveryMs?: number;
}

/**
 * Watches that the database still has what Kafka has of it, and that nobody else writes to the topics. Where Kafka cannot be
 * asked, what this process and the other replicas know of the journal is compared all the same.
 */
export interface JournalWatch {
  /** Resolves once Kafka was looked at, or was not to be asked; after `timeoutMs` at the latest. */
  first(timeoutMs: number): Promise<void>;
  /** Looks soon: a connection was made, or shards were taken. */
  poke(): void;
  /** The head is behind what is known: commands are refused, and nothing is published. */
  behind(): JournalBehind | undefined;
  /** The topics hold events of another journal: nothing is published. */
  foreign(): ForeignEvent | undefined;
  /** Ends it; does not wait for a Kafka that does not answer. */
  stop(): Promise<void>;
}

const STOP_MS = 500;

/** Begins to watch. */
export function watchJournal(options: JournalWatchOptions): JournalWatch {
  const { pool, journal, log, headEveryMs = 1_000, kafkaEveryMs = 60_000 } = options;
  const { troubledEveryMs = 5_000, kafkaAtMostEveryMs = 10_000 } = options;
  const journalId = onceRead(() => readJournalId(pool));
  const [headDue, kafkaDue] = [createSignal(), createSignal()];
  const looked = Promise.withResolvers<void>();
  let foreign: ForeignEvent | undefined;
  let stopping = false;
  let isPoked = false;
  const tell = tellOnce(log);

  async function checkHead(): Promise<void> {
    try {
      await checkJournal(pool, journal);
      tell.behind(journal.behind());
    } catch {
      // The database is away: whoever needs it says so.
    }
  }

  async function lookAtKafka(): Promise<void> {
    isPoked = false;
    try {
      const seen = await lookAtTopics({ ...options, journalId: await journalId() });
      tell.foreign((foreign = seen.foreign));
      // Kafka first, the head afterwards: events that were committed in between are no loss.
      journal.note(seen.highest);
      tell.kafka(undefined);
    } catch (error) {
      tell.kafka(error);
    }
    await checkHead();
    looked.resolve();
  }

  const isTroubled = () => foreign !== undefined || journal.behind() !== undefined;
  const pauseMs = () => {
    if (isTroubled()) return troubledEveryMs;
    return isPoked ? kafkaAtMostEveryMs : kafkaEveryMs;
  };
  const repeated = (work: () => Promise<void>, due: Signal, everyMs: () => number) =>
    repeat({ work, due, everyMs, isStopping: () => stopping });
  const running = [repeated(checkHead, headDue, () => headEveryMs), repeated(lookAtKafka, kafkaDue, pauseMs)];

  return {
    async first(timeoutMs) {
      await endsWithin(timeoutMs, looked.promise);
    },
    poke() {
      isPoked = true;
      headDue.notify();
      kafkaDue.notify();
    },
    behind: () => journal.behind(),
    foreign: () => foreign,
    async stop() {
      stopping = true;
      headDue.notify();
      kafkaDue.notify();
      // A look at a Kafka that does not answer ends later, and changes nothing any more.
      await endsWithin(STOP_MS, Promise.all(running));
    },
  };
}

/** Works again and again; how long it pauses is asked anew at each signal, so that a signal may shorten a pause. */
async function repeat(loop: {
  readonly work: () => Promise<void>;
  readonly due: Signal;
  readonly everyMs: () => number;
  readonly isStopping: () => boolean;
}): Promise<void> {
  const { work, due, everyMs, isStopping } = loop;
  while (!isStopping()) {
    await work();
    const doneAtMs = performance.now();
    for (;;) {
      const leftMs = doneAtMs + everyMs() - performance.now();
      if (leftMs <= 0 || isStopping()) break;
      await due.wait(leftMs);
    }
  }
}

/** Says what is wrong when it begins, and that it is over. */
function tellOnce(log: Log) {
  const last = { behind: false, foreign: false, kafka: false };
  return {
    behind(found: JournalBehind | undefined) {
      const isBehind = found !== undefined;
      if (isBehind === last.behind) return;
      last.behind = isBehind;
      if (!found) return log.info({ event: 'journal-sound' }, 'the journal is no longer behind: going on');
      const fields = { event: 'journal-behind', head: `${found.head}`, known: `${found.known}` };
      log.error(
        fields,
        'the database has lost acknowledged events: commands are refused and nothing is published until `meridian journal fence` has been run (docs/backup-and-restore.md)',
      );
    },
    foreign(found: ForeignEvent | undefined) {
      const isForeign = found !== undefined;
      if (isForeign === last.foreign) return;
      last.foreign = isForeign;
      if (!found) return log.info({ event: 'topics-own' }, 'the topics hold no other journal’s events now');
      log.error(
        { event: 'topics-foreign', ...found },
        'another journal’s events are in these topics: nothing is published until they are made anew (docs/operations/runbook.md#two-systems-on-one-kafka)',
      );
    },
    kafka(error: unknown) {
      const isAway = error !== undefined;
      if (isAway && !last.kafka)
        log.warn(
          { err: error },
          'Kafka’s newest events could not be compared with the journal; looking again',
        );
      last.kafka = isAway;
    },
  };
}
