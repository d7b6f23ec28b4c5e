import { setTimeout as pause } from 'node:timers/promises';
import type { Newest, Versioned } from './newest.ts';

/** One look at an aggregate. */
export interface Look<T> {
  /** Undefined when the copy does not have the aggregate, or not the whole of it yet. */
  readonly value: Versioned<T> | undefined;
  /** The rows show an event at this position, and may lack one before it. The aggregate is whole once a copy has applied up to here. */
  readonly wholeFrom?: bigint | undefined;
  /** The value includes all events of the aggregate's partition up to this position. */
  readonly upTo: bigint;
}

/** One aggregate that somebody watches: all of its watchers share every look at it. */
export interface WatchedAggregate<T> {
  readonly watchers: Set<Newest<T>>;
  /** The newest state that was seen while the aggregate was watched. */
  latest(): Versioned<T> | undefined;
  /** Says that an event of the aggregate is, or may be, on its way to the rows. */
  expect(position: bigint): void;
  /** Looks at the aggregate at once, whatever is expected. Resolves when the look has ended. */
  look(): Promise<void>;
}

/** How an aggregate is looked at. */
export interface Looking<T> {
  /**
   * Reads the aggregate from a copy that holds everything of its partition up to this position. Waits until there is
   * such a copy, and rejects when that takes too long.
   */
  read(from: bigint): Promise<Look<T>>;
  /** Whether nobody waits for the result any more. */
  isOver(): boolean;
}

const RETRY_MS = 500;

/** Makes an aggregate that nobody watches yet. */
export function watchAggregate<T>({ read, isOver }: Looking<T>): WatchedAggregate<T> {
  const watchers = new Set<Newest<T>>();
  let latest: Versioned<T> | undefined;
  let expected = 0n;
  let seen = 0n;
  let following = false;

  /** Only what the rows of this look include counts as seen: the next look may be at another copy. */
  async function look(from = 0n): Promise<void> {
    const { value, upTo, wholeFrom } = await read(from);
    if (upTo > seen) seen = upTo;
    if (wholeFrom !== undefined) expect(wholeFrom);
    if (value === undefined) return;
    if (!latest || value.version > latest.version) latest = value;
    for (const watcher of watchers) watcher.put(value);
  }

  /** Follows what is expected until it has been seen: events that come meanwhile are seen together. */
  async function follow(): Promise<void> {
    following = true;
    while (seen < expected && watchers.size > 0 && !isOver()) {
      const position = expected;
      // The store is away or far behind. Metrics and questions tell of that; the watchers go on waiting.
      await look(position).catch(() => undefined);
      if (seen < position) await pause(RETRY_MS);
    }
    following = false;
  }

  function expect(position: bigint): void {
    if (position <= expected) return;
    expected = position;
    if (!following) void follow();
  }

  return { watchers, latest: () => latest, look: () => look(), expect };
}
