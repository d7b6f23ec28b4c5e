import { setTimeout as pause } from 'node:timers/promises';
import type { Newest } from './newest.ts';

/** What is pushed: an aggregate as it is, by its version. */
export interface Versioned {
  readonly version: bigint;
}

/** One look at an aggregate. */
export interface Look<T> {
  /** Undefined when it is not there. */
  readonly value: T | undefined;
  /** What was read includes what its partition holds up to this position. */
  readonly upTo: bigint;
}

/** One aggregate that somebody watches: all of its watchers share every look at it. */
export interface WatchedAggregate<T> {
  readonly watchers: Set<Newest<T>>;
  /** The newest of what was seen while it was watched. */
  latest(): T | undefined;
  /** Says that an event of it is, or may be, on its way to the rows. */
  expect(position: bigint): void;
  /** Looks at once, whatever is expected. Resolves when it has been looked at. */
  look(): Promise<void>;
}

/** How an aggregate is looked at. */
export interface Looking<T> {
  /**
   * Reads it from a copy that includes what its partition holds up to this position, and waits for one that does; rejects when
   * that takes too long.
   */
  read(from: bigint): Promise<Look<T>>;
  /** Whether nobody wants to know any more. */
  isOver(): boolean;
}

const RETRY_MS = 500;

/** Makes one that nobody watches yet. */
export function watchAggregate<T extends Versioned>({ read, isOver }: Looking<T>): WatchedAggregate<T> {
  const watchers = new Set<Newest<T>>();
  let latest: T | undefined;
  let expected = 0n;
  let seen = 0n;
  let following = false;

  /** Only what the very rows that were read include counts as seen: the next look may be at another copy. */
  async function look(from = 0n): Promise<void> {
    const { value, upTo } = await read(from);
    if (upTo > seen) seen = upTo;
    if (value === undefined) return;
    if (!latest || value.version > latest.version) latest = value;
    for (const watcher of watchers) watcher.put(value);
  }

  /** Follows what is expected until it has been seen: events that come meanwhile are seen together. */
  async function follow(): Promise<void> {
    following = true;
    while (seen < expected && watchers.size > 0 && !isOver()) {
      const position = expected;
      // The store is away or far behind, which others tell; the watchers go on waiting.
      await look(position).catch(() => undefined);
      if (seen < position) await pause(RETRY_MS);
    }
    following = false;
  }

  return {
    watchers,
    latest: () => latest,
    look: () => look(),
    expect(position) {
      if (position <= expected) return;
      expected = position;
      if (!following) void follow();
    },
  };
}
