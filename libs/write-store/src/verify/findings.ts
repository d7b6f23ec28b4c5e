/** What can be wrong with a journal and the tables that follow from it. */
export type ViolationKind =
  /** A position below the head holds no event, and no fence says why. */
  | 'position-missing'
  /** An event stands where a fence says that none ever will. */
  | 'position-fenced'
  /** An event stands in another shard than its aggregate's. */
  | 'shard-wrong'
  /** An event of a type that this version of the code does not know, or of another kind of aggregate. */
  | 'type-unknown'
  /** An aggregate's versions have a gap. */
  | 'version-missing'
  /** An event that cannot follow those before it, or cannot be read. */
  | 'event-impossible'
  /** An aggregate has events, and no row. */
  | 'state-missing'
  /** An aggregate has a row, and no events. */
  | 'state-unfounded'
  /** An aggregate's row is not what its events add up to. */
  | 'state-different'
  /** The booked goods receipts are not those of the events. */
  | 'receipts-different'
  /** A command was answered as accepted, and its events are not in the journal. */
  | 'command-without-events';

/** One thing that is wrong. */
export interface Violation {
  readonly kind: ViolationKind;
  /** What it is about, such as `order/536365` or `positions 7 to 9`. */
  readonly subject: string;
  /** In words, with the values where they are no personal data. */
  readonly description: string;
}

/** Gathers what is wrong: all of it is counted, and the first so many are kept. */
export interface Findings {
  add(kind: ViolationKind, subject: string, description: string): void;
  readonly kept: readonly Violation[];
  readonly counts: ReadonlyMap<ViolationKind, number>;
}

/** Makes an empty list that keeps `max` violations. */
export function createFindings(max: number): Findings {
  const kept: Violation[] = [];
  const counts = new Map<ViolationKind, number>();
  return {
    kept,
    counts,
    add(kind, subject, description) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      if (kept.length < max) kept.push({ kind, subject, description });
    },
  };
}
