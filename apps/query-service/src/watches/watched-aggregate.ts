import { setTimeout as pause } from 'node:timers/promises';
import type { Newest } from './newest.ts';

/** One aggregate that somebody watches: all of its watchers share every look at it. */
export interface WatchedAggregate<T> {
  readonly watchers: Set<Newest<T>>;
  /** Says that an event of it is, or may be, on its way to the rows. */
  expect(position: bigint): void;
  /** Looks at once, whatever is expected. Resolves when it has been looked at. */
  look(): Promise<void>;
}

/** How an aggregate is looked at. */
export interface Looking<T> {
  /** Resolves when the rows include what its partition holds up to this position. */
  applied(position: bigint): Promise<void>;
  /** Reads it; undefined when it is not there. */
  read(): Promise<T | undefined>;
  /** Whether anybody still wants to know. */
  isOver(): boolean;
}

const RETRY_MS = 500;

/** Makes one that nobody watches yet. */
export function watchAggregate<T>({ applied, read, isOver }: Looking<T>): WatchedAggregate<T> {
  const watchers = new Set<Newest<T>>();
  let expected = 0n;
  let seen = 0n;
  let following = false;

  async function look(): Promise<void> {
    const value = await read();
    if (value !== undefined) for (const watcher of watchers) watcher.put(value);
  }

  /** Follows what is expected until it has been seen: events that come meanwhile are seen together. */
  async function follow(): Promise<void> {
    while (seen < expected && watchers.size > 0 && !isOver()) {
      const position = expected;
      try {
        await applied(position);
        await look();
        seen = position;
      } catch {
        // The store is away or far behind, which others tell; the watchers go on waiting.
        await pause(RETRY_MS);
      }
    }
  }

  return {
    watchers,
    look,
    expect(position) {
      if (position <= expected) return;
      expected = position;
      if (following) return;
      following = true;
      void follow().finally(() => (following = false));
    },
  };
}
