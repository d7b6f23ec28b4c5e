import type { CassandraSession } from '@meridian/cassandra';
import { journalIdOf } from '@meridian/contracts';
import type { ReceivedMessage } from '@meridian/messaging';
import { JOURNAL_TABLE, readModelJournals } from '@meridian/read-store';

/** Knows of which journal a generation of a read model is made: events of any other must not come into its rows. */
export interface ReadModelJournal {
  /** The journal's id; undefined while no event has named one. */
  current(): string | undefined;
  /**
   * Learns the journal's id before these messages are looked at, if it can be known. The id is read from the store. If
   * none is stored, the first message that names a journal sets it for good. Rejects when the store, or the journal
   * that is asked, does not answer.
   */
  learn(messages: readonly Pick<ReceivedMessage, 'headers'>[]): Promise<void>;
  /** Sets it for good, unless it is set. */
  adopt(journalId: string): Promise<void>;
  /** Reads it from the store again: an operator may have set it anew. */
  reload(): Promise<void>;
}

/** Whose journal it is, and where that is kept. */
export interface ReadModelJournalOptions {
  readonly session: CassandraSession;
  readonly keyspace: string;
  readonly projector: string;
  readonly generation: number;
  /** Asks the journal itself for its id; undefined when its service is too old to tell. Without it the first event is believed. */
  readonly askJournal?: (() => Promise<string | undefined>) | undefined;
}

/** Makes it; nothing is read yet. Several processes may find the first event at the same time: one decision of the store is true for all of them. */
export function createReadModelJournal(options: ReadModelJournalOptions): ReadModelJournal {
  const { session, keyspace, projector, generation, askJournal } = options;
  let known: string | undefined;
  let isRead = false;
  let reading: Promise<void> | undefined;
  let deciding: Promise<void> | undefined;

  async function reload(): Promise<void> {
    known = (await readModelJournals(session, keyspace, projector)).get(generation);
    isRead = true;
  }

  async function adopt(journalId: string): Promise<void> {
    if (!isRead) await reload();
    if (known !== undefined) return;
    await session.executeIf(
      `INSERT INTO ${keyspace}.${JOURNAL_TABLE} (projector, generation, journal_id, adopted_at) VALUES (?, ?, ?, ?) IF NOT EXISTS`,
      [projector, generation, journalId, new Date()],
    );
    // Whoever was first has decided.
    await reload();
  }

  /** The first event that comes may be another's. The journal knows better, where it can be asked. */
  async function decide(named: string): Promise<void> {
    await adopt((await askJournal?.()) ?? named);
  }

  return {
    current: () => known,
    async learn(messages) {
      if (known !== undefined) return;
      // The partitions begin at the same time: one read, and one decision, is enough for all of them.
      if (!isRead) await (reading ??= reload().finally(() => (reading = undefined)));
      const named = messages.map(({ headers }) => journalIdOf(headers)).find((id) => id !== undefined);
      if (known !== undefined || named === undefined) return;
      await (deciding ??= decide(named).finally(() => (deciding = undefined)));
    },
    adopt,
    reload,
  };
}
