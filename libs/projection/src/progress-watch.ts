import type { CassandraSession } from '@meridian/cassandra';
import { parsePartitionKey, type ContextName, type PartitionKey, type Positions } from '@meridian/contracts';
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

/** Knows how far a read model is in this region. */
export interface ProgressWatch {
  /** The progress as it was at most maxAgeMs ago. What is read after it resolves includes at least that. */
  current(): Promise<Progress>;
  /**
   * Resolves as soon as the region has applied what is required of this read model's contexts; others are ignored.
   * Rejects with RegionBehindError at the deadline, with the signal's reason when it is aborted, and with the store's
   * error when the store cannot be read until the deadline.
   */
  waitFor(
    required: Positions,
    options: { readonly deadline: Date; readonly signal?: AbortSignal },
  ): Promise<Progress>;
  close(): void;
}

/** What to watch. */
export interface ProgressWatchOptions extends ProgressOwner {
  readonly session: CassandraSession;
  readonly keyspace: string;
  /** The contexts that feed the read model. */
  readonly contexts: readonly ContextName[];
  /** How often to look while somebody waits. */
  readonly pollMs?: number;
  /** How old a progress may be that answers without a look. An older one is still true, only less fresh. */
  readonly maxAgeMs?: number;
}

/** Makes a watch. It looks only while it is asked; callers at the same time share one look. */
export function createProgressWatch(options: ProgressWatchOptions): ProgressWatch {
  const { session, keyspace, contexts, region, pollMs = 10, maxAgeMs = 20 } = options;
  let known: { progress: Progress; readAt: number } | undefined;
  let reading: Promise<Progress> | undefined;
  let closed = false;

  function look(): Promise<Progress> {
    reading ??= readProgress(session, keyspace, options)
      .then((progress) => {
        known = { progress, readAt: performance.now() };
        return progress;
      })
      .finally(() => (reading = undefined));
    return reading;
  }

  async function current(): Promise<Progress> {
    if (known && performance.now() - known.readAt <= maxAgeMs) return known.progress;
    return look();
  }

  return {
    current,
    async waitFor(required, { deadline, signal }) {
      const relevant = new Map(
        [...required].filter(([key]) => contexts.includes(parsePartitionKey(key).context)),
      );
      for (;;) {
        signal?.throwIfAborted();
        const outcome = await attempt(current, relevant);
        if (outcome.progress && outcome.missing.length === 0) return outcome.progress;
        if (Date.now() + pollMs >= deadline.getTime() || closed) {
          throw outcome.error ?? new RegionBehindError(region, outcome.missing);
        }
        await pause(pollMs);
        if (known && performance.now() - known.readAt >= pollMs) await look().catch(() => undefined);
      }
    },
    close: () => {
      closed = true;
    },
  };
}

interface Attempt {
  readonly progress?: Progress;
  readonly missing: readonly MissingPosition[];
  readonly error?: Error;
}

async function attempt(current: () => Promise<Progress>, required: Positions): Promise<Attempt> {
  try {
    const progress = await current();
    return { progress, missing: missingOf(required, progress.positions) };
  } catch (error) {
    return { missing: [], error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** What of the required positions has not been applied. */
export function missingOf(required: Positions, applied: Positions): readonly MissingPosition[] {
  return [...required]
    .map(([key, position]) => ({ key, required: position, applied: applied.get(key) ?? 0n }))
    .filter((entry) => entry.applied < entry.required);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
