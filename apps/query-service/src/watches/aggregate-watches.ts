import { partitionKey, type ContextName, type PartitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { unavailable } from '@meridian/rpc';
import type { EventNotification, NotificationListener } from '../notifications.ts';
import { Newest, type Versioned } from './newest.ts';
import { createSweeper } from './sweeper.ts';
import { watchAggregate, type WatchedAggregate } from './watched-aggregate.ts';

/** An aggregate whose rows may lack events. Its state is no state to show before a copy has applied these positions. */
export interface NotWhole {
  readonly wholeFrom: Positions;
}

/** What one copy showed of an aggregate, and what it had applied before it was read. */
export interface Shown<T> {
  /** Undefined when the copy does not have the aggregate. */
  readonly value: Versioned<T> | NotWhole | undefined;
  readonly applied: Positions;
}

/** Watches of aggregates of one context. Thousands of watches share one look per change. */
export interface AggregateWatches<T> extends NotificationListener {
  /**
   * Begins at once to look for every version above `afterVersion`, and gives their states. The first one comes as soon as it is known
   * to be whole. A slow reader gets the newest version and skips those before it. Ends with the signal's reason, or with
   * UNAVAILABLE (SHUTTING_DOWN) when the watches are closed. A reader that goes earlier calls `return`.
   */
  watch(id: string, first: Versioned<T> | NotWhole, afterVersion: bigint, signal: AbortSignal): Newest<T>;
  /** How many aggregates are watched now, and how many watches they have. */
  size(): { readonly aggregates: number; readonly watchers: number };
  /** Ends every watch in a way that says to go on elsewhere. */
  close(): void;
}

/** What watching needs. */
export interface AggregateWatchesOptions<T> {
  readonly context: ContextName;
  /** Reads an aggregate from the copy that answers now, once that very copy has applied the positions; rejects when that takes too long. */
  read(id: string, required: Positions): Promise<Shown<T>>;
  /** How often to look at everything without a notification, while notifications arrive and while they do not. */
  readonly sweepMs?: { readonly told: number; readonly untold: number };
  /** Told when somebody begins to watch. */
  onWatching?(): void;
  /** Looks of a sweep at once. */
  readonly sweepAtOnce?: number;
}

const SWEEP_MS = { told: 15_000, untold: 1_000 };

/** Makes the watches. Nothing is looked at while nobody watches. */
export function createAggregateWatches<T>(options: AggregateWatchesOptions<T>): AggregateWatches<T> {
  const { context, read, sweepMs = SWEEP_MS, sweepAtOnce = 8 } = options;
  const watched = new Map<string, WatchedAggregate<T>>();
  /** The newest notified event of each partition. It may still be on its way to the rows when somebody begins to watch. */
  const newest = new Map<PartitionKey, bigint>();
  let closed = false;
  const keyOf = (id: string) => partitionKey(context, shardOf(id));
  const watchers = () => [...watched.values()].flatMap((one) => [...one.watchers]);

  function watchedOf(id: string): WatchedAggregate<T> {
    let one = watched.get(id);
    if (!one) {
      one = watchAggregate<T>({ read: readsOf(read, id, keyOf(id)), isOver: () => closed });
      watched.set(id, one);
    }
    return one;
  }

  const sweeper = createSweeper({
    looks: () => [...watched.values()].map((one) => () => one.look()),
    pauseMs: sweepMs,
    atOnce: sweepAtOnce,
  });

  function watch(
    id: string,
    first: Versioned<T> | NotWhole,
    afterVersion: bigint,
    signal: AbortSignal,
  ): Newest<T> {
    const one = watchedOf(id);
    const abort = () => mine.fail(reasonOf(signal));
    const mine = new Newest<T>(afterVersion, () => {
      signal.removeEventListener('abort', abort);
      one.watchers.delete(mine);
      if (one.watchers.size === 0) watched.delete(id);
    });
    one.watchers.add(mine);
    if (closed) mine.fail(shuttingDown());
    else if (signal.aborted) abort();
    else {
      signal.addEventListener('abort', abort, { once: true });
      options.onWatching?.();
      sweeper.plan();
      if (isWhole(first)) mine.put(first);
      // Other watchers may have seen a newer version while the first answer of this one was on its way. No look brings it again.
      const latest = one.latest();
      if (latest) mine.put(latest);
      one.expect(newest.get(keyOf(id)) ?? 0n);
      if (!isWhole(first)) one.expect(first.wholeFrom.get(keyOf(id)) ?? 0n);
    }
    return mine;
  }

  return {
    notify({ key, context: of, position, aggregateId }: EventNotification) {
      if (of !== context) return;
      if ((newest.get(key) ?? 0n) < position) newest.set(key, position);
      watched.get(aggregateId)?.expect(position);
    },
    notificationsArrive: (told) => sweeper.told(told),
    watch,
    size: () => ({ aggregates: watched.size, watchers: watchers().length }),
    close() {
      closed = true;
      sweeper.stop();
      for (const watcher of watchers()) watcher.fail(shuttingDown());
    },
  };
}

/** Reads one aggregate once its partition is applied up to a position, and tells how far the partition is. */
const readsOf =
  <T>(read: AggregateWatchesOptions<T>['read'], id: string, key: PartitionKey) =>
  async (from: bigint) => {
    const { value, applied } = await read(id, new Map(from === 0n ? [] : [[key, from]]));
    const upTo = applied.get(key) ?? 0n;
    return value === undefined || isWhole(value)
      ? { value, upTo }
      : { value: undefined, upTo, wholeFrom: value.wholeFrom.get(key) };
  };

const isWhole = <T>(value: Versioned<T> | NotWhole): value is Versioned<T> => !('wholeFrom' in value);

const shuttingDown = () =>
  unavailable('SHUTTING_DOWN', 'this replica is stopping; go on watching at another replica', {
    retryDelayMs: 50,
  });

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('the watch was ended', { cause: reason });
}
