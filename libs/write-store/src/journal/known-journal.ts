import { bigintOf, isOutOfRange, textOf, type MysqlConnection, type MysqlPool } from '@meridian/mysql';

/** A journal whose head is behind a position that was seen before. */
export interface JournalBehind {
  readonly head: bigint;
  /** A position that an event of this journal had. */
  readonly known: bigint;
}

/**
 * The journal's head is behind a position that was acknowledged: the database has lost transactions, by a failover or by an old
 * copy. Nothing was recorded. Positions would be drawn twice, so none is drawn before an operator has fenced the journal.
 */
export class JournalBehindError extends Error {
  override readonly name = 'JournalBehindError';

  constructor({ head, known }: JournalBehind) {
    super(
      `the journal ends at position ${head}, and an event at position ${known} was acknowledged: the database has lost transactions. Nothing is recorded until an operator has run: meridian journal fence (docs/backup-and-restore.md)`,
    );
  }
}

/** What a process knows of how far the journal was. A journal never goes back, so a head that is behind that is a loss. */
export interface KnownJournal {
  /** The highest position that an event of the journal is known to have had. */
  position(): bigint;
  /** Notes the position of an event that was committed. */
  note(position: bigint): void;
  /** Compares a head with the position that was known before the head was read. A later position proves nothing. */
  judge(head: bigint, knownBefore: bigint): void;
  /** Set while the last head that was judged is behind. */
  behind(): JournalBehind | undefined;
}

/** A journal of which nothing is known yet. */
export function createKnownJournal(): KnownJournal {
  let known = 0n;
  let behind: JournalBehind | undefined;
  const note = (position: bigint) => {
    if (position > known) known = position;
  };
  return {
    position: () => known,
    note,
    judge(head, knownBefore) {
      note(head);
      note(knownBefore);
      behind = head < knownBefore ? { head, known: knownBefore } : undefined;
    },
    behind: () => behind,
  };
}

/** The journal as its schema describes it, read at one moment. */
export interface JournalState {
  readonly journalId: string;
  readonly head: bigint;
  /** A position that some replica knew of when it found the head behind it; 0n when none ever did. */
  readonly knownPosition: bigint;
}

/** Throws when the migrations have not run. */
export async function readJournalState(pool: Pick<MysqlPool, 'query'>): Promise<JournalState> {
  const { rows } = await pool.query(
    `SELECT i.journal_id, i.known_position, h.position FROM journal_identity i, journal_head h
     WHERE i.id = 1 AND h.id = 1`,
  );
  const [row] = rows;
  if (!row) throw new Error('journal_head or journal_identity has no row: migrations have not run');
  return {
    journalId: textOf(row, 'journal_id'),
    head: bigintOf(row, 'position'),
    knownPosition: bigintOf(row, 'known_position'),
  };
}

/**
 * Compares the journal's head with what this process knows, and with what other replicas have written into the database. When the
 * head is behind a position that this process alone knows, the position is written there. Every replica then refuses commands from its
 * next check on, also a replica that starts later.
 */
export async function checkJournal(
  pool: Pick<MysqlPool, 'query'>,
  journal: KnownJournal,
): Promise<JournalBehind | undefined> {
  const own = journal.position();
  const { head, knownPosition: told } = await readJournalState(pool);
  journal.judge(head, own > told ? own : told);
  if (head < own && told < own)
    await pool.query(
      'UPDATE journal_identity SET known_position = GREATEST(known_position, ?) WHERE id = 1',
      [own],
    );
  return journal.behind();
}

/** Throws JournalBehindError when a statement failed because the head, which its transaction has locked, is behind. */
export async function refuseBehind(
  connection: MysqlConnection,
  journal: KnownJournal,
  knownBefore: bigint,
  error: unknown,
): Promise<void> {
  if (!isOutOfRange(error)) return;
  const { head } = await readJournalState(connection);
  journal.judge(head, knownBefore);
  const behind = journal.behind();
  if (behind) throw new JournalBehindError(behind);
}
