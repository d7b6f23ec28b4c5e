import type { CassandraSession } from '@meridian/cassandra';
import { journalIdOf } from '@meridian/contracts';
import type { ReceivedMessage } from '@meridian/messaging';
import { JOURNAL_TABLE, readModelJournals } from '@meridian/read-store';

/** Knows of which journal a generation of a read model is made. Events of another journal must not come into its rows. */
export interface ReadModelJournal {
  /** The journal's id; undefined while no event has named one. */
  current(): string | undefined;
  /**
   * Learns the journal's id before these messages are decoded, if there is a way. The id is read from the store. If
   * none is stored, the first message that names a journal sets the id for good. Rejects when the store does not
   * answer, or when the journal was asked and does not answer.
   */
  learn(messages: readonly Pick<ReceivedMessage, 'headers'>[]): Promise<void>;
  /** Sets the id for good, unless one is set already. */
  adopt(journalId: string): Promise<void>;
  /** Reads the id from the store again: an operator may have changed it. */
  reload(): Promise<void>;
}

/** Of which generation the journal is known, and where its id is kept. */
export interface ReadModelJournalOptions {
  readonly session: CassandraSession;
  readonly keyspace: string;
  readonly projector: string;
  readonly generation: number;
  /**
   * Asks the journal for its id. Gives undefined when its service is too old to tell. Without this function, the
   * first event is believed.
   */
  readonly askJournal?: (() => Promise<string | undefined>) | undefined;
}

/** Reads nothing yet. When several processes find the first event at the same time, the store decides once for all of them. */
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
    // Another process may have decided first.
    await reload();
  }

  /** The first event may be of another journal. So the journal itself is asked, where there is a way. */
  async function decide(named: string): Promise<void> {
    await adopt((await askJournal?.()) ?? named);
  }

  return {
    current: () => known,
    async learn(messages) {
      if (known !== undefined) return;
      // All partitions begin at the same time. One read, and one decision, is enough for all of them.
      if (!isRead) await (reading ??= reload().finally(() => (reading = undefined)));
      const named = messages.map(({ headers }) => journalIdOf(headers)).find((id) => id !== undefined);
      if (known !== undefined || named === undefined) return;
      await (deciding ??= decide(named).finally(() => (deciding = undefined)));
    },
    adopt,
    reload,
  };
}
