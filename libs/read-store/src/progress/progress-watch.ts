import type { CassandraSession } from '@meridian/cassandra';
import { parsePartitionKey, type ContextName, type PartitionKey, type Positions } from '@meridian/contracts';
import { createPollPacing, SHORTEST_PAUSE_MS } from './poll-pacing.ts';
import { createPositionWaits } from './position-waits.ts';
import { readProgress, type Progress, type ProgressOwner } from './progress.ts';
import { missingOf, RegionBehindError, type MissingPosition } from './region-behind.ts';

/** Knows how far a read model is in a region. */
export interface ProgressWatch {
  /** The progress as it was at most maxAgeMs ago. What is read after it resolves includes at least that. */
  current(): Promise<Progress>;
  /**
   * Resolves as soon as the region has applied what is required of this read model's contexts; others are ignored.
   * Rejects with RegionBehindError at the deadline, with the signal's reason when it is aborted, and with the store's
   * error as soon as the store cannot be read. `onWait` is told before a wait begins; what it throws ends the call.
   */
  waitFor(required: Positions, options: WaitOptions): Promise<Progress>;
  /** Says that an event was seen on its way to the rows: for whoever waits for it, progress is polled closely. */
  notify(key: PartitionKey, position: bigint): void;
  /** Says whether notifications arrive at all. While they do not, the watch polls at its usual pace. */
  notificationsArrive(arrive: boolean): void;
  /** Calls back with every progress that it reads, from now on, until the function that it gives is called. */
  follow(onProgress: (progress: Progress) => void): () => void;
  close(): void;
}

/** How to wait. */
export interface WaitOptions {
  readonly deadline: Date;
  readonly signal?: AbortSignal;
  /** Is told what is missing, and how far the region is, when it is not there yet. */
  readonly onWait?: (missing: readonly MissingPosition[], progress: Progress) => void;
}

/** What to watch. */
export interface ProgressWatchOptions extends ProgressOwner {
  readonly session: CassandraSession;
  readonly keyspace: string;
  /** The contexts that feed the read model. */
  readonly contexts: readonly ContextName[];
  /** How often to poll while somebody waits and no notification came. */
  readonly pollMs?: number;
  /** How old a progress may be that answers without a poll. An older one is still true, only less fresh. */
  readonly maxAgeMs?: number;
}

const SILENCE_MS = 500;

interface Waiter {
  /** Ends the wait: this progress is enough. */
  settle(progress: Progress): void;
  /** Ends the wait: this progress, of after the deadline, is not enough. */
  giveUp(progress: Progress): void;
  fail(error: unknown): void;
}

/**
 * Makes a watch. It polls only while somebody waits, and all that wait share one poll: often, once an event that they wait for
 * was told of, and at its usual pace otherwise. A poll costs what it settles: not what goes on waiting.
 */
export function createProgressWatch(options: ProgressWatchOptions): ProgressWatch {
  const { session, keyspace, contexts, region, pollMs = 10, maxAgeMs = 20 } = options;
  const pace = createPollPacing(pollMs);
  const waiters = new Set<Waiter>();
  const waits = createPositionWaits<Waiter>();
  /** Those whose deadline passed during a poll: what it finds is their answer. */
  const late = new Set<Waiter>();
  const followers = new Set<(progress: Progress) => void>();
  let known: { progress: Progress; readAt: number } | undefined;
  let reading: Promise<Progress> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let dueAtMs = Number.POSITIVE_INFINITY;

  function poll(): Promise<Progress> {
    reading ??= readProgress(session, keyspace, options)
      .then(
        (progress) => {
          known = { progress, readAt: performance.now() };
          for (const [key, position] of progress.positions)
            for (const waiter of waits.reach(key, position)) waiter.settle(progress);
          for (const waiter of late) waiter.giveUp(progress);
          for (const follower of followers) follower(progress);
          return progress;
        },
        (error: unknown) => {
          for (const waiter of waiters) waiter.fail(error);
          throw error;
        },
      )
      .finally(() => {
        reading = undefined;
        plan();
      });
    return reading;
  }

  const current = async () =>
    known && performance.now() - known.readAt <= maxAgeMs ? known.progress : poll();

  /** Sets when to poll next; sooner than planned before, if there is a reason by now. */
  function plan(): void {
    clearTimeout(timer);
    dueAtMs = Number.POSITIVE_INFINITY;
    if (waiters.size === 0 || reading) return;
    const nowMs = performance.now();
    dueAtMs = Math.max(nowMs, (known?.readAt ?? 0) + pace.nextPollInMs(nowMs));
    // Its failure is told to those who wait.
    timer = setTimeout(() => void poll().catch(() => undefined), dueAtMs - nowMs);
  }

  const missing = (required: Positions) => missingOf(required, known?.progress.positions ?? new Map());

  /** Waits for what is missing now, which is one position at least. */
  function wait(required: Positions, deadline: Date, signal: AbortSignal | undefined): Promise<Progress> {
    const { promise, resolve, reject } = Promise.withResolvers<Progress>();
    const sinceMs = performance.now();
    const open = new Map(missing(required).map((one) => [one.key, one.required] as const));
    const leave = () => {
      for (const end of ends) end();
      waiters.delete(waiter);
      late.delete(waiter);
    };
    const waiter: Waiter = {
      settle(progress) {
        leave();
        pace.waited(performance.now() - sinceMs);
        resolve(progress);
      },
      giveUp(progress) {
        leave();
        pace.waited(performance.now() - sinceMs);
        reject(new RegionBehindError(region, missingOf(required, progress.positions)));
      },
      fail(error) {
        leave();
        reject(error);
      },
    };
    const ends = [waits.add(waiter, open), pace.begin(open)];
    const onDeadline = () => {
      // Where nothing was heard for long, the poll under way tells what is wrong: the region is behind, or does not answer.
      if (reading && performance.now() - (known?.readAt ?? 0) > SILENCE_MS) late.add(waiter);
      else waiter.fail(new RegionBehindError(region, missing(required)));
    };
    const timeUp = setTimeout(onDeadline, Math.max(0, deadline.getTime() - Date.now()));
    const abort = () => waiter.fail(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    waiters.add(waiter);
    plan();
    return promise.finally(() => {
      clearTimeout(timeUp);
      signal?.removeEventListener('abort', abort);
    });
  }

  return {
    current,
    async waitFor(all, { deadline, signal, onWait }) {
      signal?.throwIfAborted();
      const required = new Map([...all].filter(([key]) => contexts.includes(parsePartitionKey(key).context)));
      const progress = await current();
      const behind = missingOf(required, progress.positions);
      if (behind.length === 0) return progress;
      signal?.throwIfAborted();
      onWait?.(behind, progress);
      // Another poll may have ended meanwhile.
      return known && missing(required).length === 0 ? known.progress : wait(required, deadline, signal);
    },
    notify(key, position) {
      const nowMs = performance.now();
      if (pace.notify(key, position, nowMs) && dueAtMs - nowMs > SHORTEST_PAUSE_MS) plan();
    },
    notificationsArrive: (arrive) => pace.notificationsArrive(arrive),
    follow(onProgress) {
      followers.add(onProgress);
      return () => followers.delete(onProgress);
    },
    close() {
      clearTimeout(timer);
      for (const waiter of waiters) waiter.fail(new Error('the watch is closed'));
    },
  };
}
