import type { CassandraSession } from '@meridian/cassandra';
import { parsePartitionKey, type ContextName, type PartitionKey, type Positions } from '@meridian/contracts';
import { createPollPacing, SHORTEST_PAUSE_MS, type OnSeen, type PollPacing } from './poll-pacing.ts';
import { createPositionWaits } from './position-waits.ts';
import { readProgress, type Progress, type ProgressOwner } from './progress.ts';

/** A position that a region has not reached. */
export interface MissingPosition {
  readonly key: PartitionKey;
  readonly required: bigint;
  readonly applied: bigint;
}

/** The region had not applied what was asked for when time ran out. Nothing is lost: ask again, or ask another region. */
export class RegionBehindError extends Error {
  override readonly name = 'RegionBehindError';
  readonly region: string;
  readonly missing: readonly MissingPosition[];
  constructor(region: string, missing: readonly MissingPosition[]) {
    const list = missing
      .map(({ key, required, applied }) => `${key} is at ${applied} of ${required}`)
      .join(', ');
    super(`region ${region} has not applied what the token names: ${list}`);
    this.region = region;
    this.missing = missing;
  }
}

/** Nobody watches this copy any more: its read model has gone on to another generation, or the process ends. */
export class WatchClosedError extends Error {
  override readonly name = 'WatchClosedError';
}

/** Knows how far a read model is in a region. */
export interface ProgressWatch {
  /** The progress as it was at most maxAgeMs ago. What is read after it resolves includes at least that. */
  current(): Promise<Progress>;
  /**
   * Resolves as soon as the region has applied what is required of this read model's contexts; others are ignored.
   * Rejects with RegionBehindError at the deadline, and with the signal's reason when the signal is aborted. Rejects
   * with the store's error as soon as the store cannot be read. `onWait` is told when a wait begins; what it throws
   * ends the call.
   */
  waitFor(required: Positions, options: WaitOptions): Promise<Progress>;
  /** Says that an event was seen on its way to the rows: for whoever waits for it, progress is polled closely. */
  notify(key: PartitionKey, position: bigint): void;
  /** Says whether notifications arrive at all. While they do not, the watch polls at its usual pace. */
  notificationsArrive(arrive: boolean): void;
  /** Calls back with every progress that it reads, from now on, until the function that it gives is called. */
  follow(onProgress: (progress: Progress) => void): () => void;
  /** Ends what waits, with a WatchClosedError. */
  close(): void;
}

/** How to wait. */
export interface WaitOptions {
  readonly deadline: Date;
  readonly signal?: AbortSignal;
  /**
   * Is told what is missing, and how far the region is, when it is not there yet. Who looks for the rows itself meanwhile gives a function.
   * It is told once, when all missing events have been seen on their way to the rows: these are due any moment then. For such a wait the
   * watch polls at its usual pace, and not closely.
   */
  readonly onWait?: (missing: readonly MissingPosition[], progress: Progress) => OnSeen | undefined;
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
  readonly fail: (error: unknown) => void;
}

/**
 * Makes a watch. The watch polls only while somebody waits, and all that wait share one poll. It polls often after a
 * notice of an event that is waited for, and at its usual pace otherwise. A poll costs what it settles: not what goes
 * on waiting.
 */
export function createProgressWatch(options: ProgressWatchOptions): ProgressWatch {
  return new PollingWatch(options);
}

class PollingWatch implements ProgressWatch {
  readonly #options: ProgressWatchOptions;
  readonly #pace: PollPacing;
  readonly #waiters = new Set<Waiter>();
  readonly #waits = createPositionWaits<Waiter>();
  /** Those whose deadline passed during a poll: what it finds is their answer. */
  readonly #late = new Set<Waiter>();
  readonly #followers = new Set<(progress: Progress) => void>();
  #known: { readonly progress: Progress; readonly readAtMs: number } | undefined;
  #reading: Promise<Progress> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #dueAtMs = Number.POSITIVE_INFINITY;

  constructor(options: ProgressWatchOptions) {
    this.#options = options;
    this.#pace = createPollPacing(options.pollMs ?? 10);
  }

  async current(): Promise<Progress> {
    const { maxAgeMs = 20 } = this.#options;
    const known = this.#known;
    return known && performance.now() - known.readAtMs <= maxAgeMs ? known.progress : this.#poll();
  }

  async waitFor(all: Positions, options: WaitOptions): Promise<Progress> {
    options.signal?.throwIfAborted();
    const { contexts } = this.#options;
    const required = new Map([...all].filter(([key]) => contexts.includes(parsePartitionKey(key).context)));
    const progress = await this.current();
    const behind = missingOf(required, progress.positions);
    if (behind.length === 0) return progress;
    options.signal?.throwIfAborted();
    // Another poll may have ended meanwhile.
    if (this.#known && this.#missing(required).length === 0) return this.#known.progress;
    return this.#wait(required, options, () => options.onWait?.(behind, progress));
  }

  notify(key: PartitionKey, position: bigint): void {
    const nowMs = performance.now();
    const isSoon = this.#pace.notify(key, position, nowMs);
    if (isSoon && this.#dueAtMs - nowMs > SHORTEST_PAUSE_MS) this.#plan();
  }

  notificationsArrive(arrive: boolean): void {
    this.#pace.notificationsArrive(arrive);
  }

  follow(onProgress: (progress: Progress) => void): () => void {
    this.#followers.add(onProgress);
    return () => this.#followers.delete(onProgress);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const waiter of this.#waiters) waiter.fail(new WatchClosedError('the watch is closed'));
  }

  #poll(): Promise<Progress> {
    const { session, keyspace, contexts } = this.#options;
    this.#reading ??= readProgress(session, keyspace, this.#options, contexts)
      .then(
        (progress) => this.#found(progress),
        (error: unknown) => {
          for (const waiter of this.#waiters) waiter.fail(error);
          throw error;
        },
      )
      .finally(() => {
        this.#reading = undefined;
        this.#plan();
      });
    return this.#reading;
  }

  #found(progress: Progress): Progress {
    this.#known = { progress, readAtMs: performance.now() };
    for (const [key, position] of progress.positions)
      for (const waiter of this.#waits.reach(key, position)) waiter.settle(progress);
    for (const waiter of this.#late) waiter.giveUp(progress);
    for (const follower of this.#followers) follower(progress);
    return progress;
  }

  /** Sets when to poll next; sooner than planned before, if there is a reason by now. */
  #plan(): void {
    clearTimeout(this.#timer);
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    if (this.#waiters.size === 0 || this.#reading) return;
    const nowMs = performance.now();
    this.#dueAtMs = Math.max(nowMs, (this.#known?.readAtMs ?? 0) + this.#pace.nextPollInMs(nowMs));
    // Its failure is told to those who wait.
    this.#timer = setTimeout(() => void this.#poll().catch(() => undefined), this.#dueAtMs - nowMs);
  }

  #missing(required: Positions): readonly MissingPosition[] {
    return missingOf(required, this.#known?.progress.positions ?? new Map());
  }

  /** Waits for what is missing now, which is one position at least. `begun` is told when the wait has begun. */
  #wait(required: Positions, until: WaitOptions, begun: () => OnSeen | undefined): Promise<Progress> {
    const { region } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Progress>();
    const sinceMs = performance.now();
    const open = new Map(this.#missing(required).map((one) => [one.key, one.required] as const));
    const leave = () => {
      for (const end of ends) end();
      this.#waiters.delete(waiter);
      this.#late.delete(waiter);
    };
    const waiter: Waiter = {
      settle: (progress) => {
        leave();
        this.#pace.waited(performance.now() - sinceMs);
        resolve(progress);
      },
      giveUp: (progress) => {
        leave();
        this.#pace.waited(performance.now() - sinceMs);
        reject(new RegionBehindError(region, missingOf(required, progress.positions)));
      },
      fail: (error) => {
        leave();
        reject(error);
      },
    };
    const onDeadline = () => {
      const isSilent = performance.now() - (this.#known?.readAtMs ?? 0) > SILENCE_MS;
      // Where nothing was heard for long, the poll under way tells what is wrong: the region is behind, or does not answer.
      if (this.#reading && isSilent) this.#late.add(waiter);
      else waiter.fail(new RegionBehindError(region, this.#missing(required)));
    };
    const ends = [this.#waits.add(waiter, open), atEnd(until, onDeadline, waiter.fail)];
    this.#waiters.add(waiter);
    try {
      ends.push(this.#pace.begin(open, begun()));
    } catch (error) {
      waiter.fail(error);
    }
    this.#plan();
    return promise;
  }
}

/** Calls back at the deadline, and when the signal is aborted, until the function that it gives is called. */
function atEnd(
  { deadline, signal }: WaitOptions,
  onDeadline: () => void,
  onAbort: (reason: unknown) => void,
): () => void {
  const timer = setTimeout(onDeadline, Math.max(0, deadline.getTime() - Date.now()));
  const abort = () => onAbort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
}

/** What of the required positions has not been applied. */
export function missingOf(required: Positions, applied: Positions): readonly MissingPosition[] {
  return [...required]
    .map(([key, position]) => ({ key, required: position, applied: applied.get(key) ?? 0n }))
    .filter((entry) => entry.applied < entry.required);
}
