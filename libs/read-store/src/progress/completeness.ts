import type { Positions } from '@meridian/contracts';

/** What is known of rows that are about to be read. Only whoever keeps what follows from them needs it. */
export interface Completeness {
  /** The region's progress before the read: what was applied up to there is in the rows. Later events may be, too. */
  readonly upTo: Positions;
  /**
   * Whether no event up to there is missing in the rows. False when one of the read model is parked or deferred, and when rows have
   * to be read again. Never rejects.
   */
  readonly isWhole: Promise<boolean>;
}
