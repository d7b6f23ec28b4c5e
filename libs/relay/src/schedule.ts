import type { OwnedShard } from './leases.ts';

/** Which shards are to be published when, and which wait after a failure. */
export interface Schedule {
  /** Notes that a shard may have events. */
  add(shard: OwnedShard): void;
  /** Forgets a shard that is not owned any more. */
  forget(shard: OwnedShard): void;
  /** Takes the shards to publish together now: all that are due; those that failed are tried alone, in between. */
  take(nowMs: number): readonly OwnedShard[];
  /** Notes that shards were published. */
  succeeded(shards: readonly OwnedShard[]): void;
  /** Notes that shards could not be published: each is tried again, alone and after a pause that grows. */
  failed(shards: readonly OwnedShard[], nowMs: number): void;
  /** How long until a shard is due, in milliseconds; undefined when none is noted. */
  dueInMs(nowMs: number): number | undefined;
  /** How often each shard has failed in a row. */
  failures(shard: OwnedShard): number;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Makes an empty schedule. One shard that cannot be published never holds up the others. */
export function createSchedule(): Schedule {
  const pending = new Set<OwnedShard>();
  const troubled = new Map<OwnedShard, { failures: number; retryAtMs: number }>();
  let aloneIsNext = false;
  const dueAtMs = (shard: OwnedShard) => troubled.get(shard)?.retryAtMs ?? 0;

  return {
    add: (shard) => {
      pending.add(shard);
    },
    forget(shard) {
      pending.delete(shard);
      troubled.delete(shard);
    },
    take(nowMs) {
      const due = [...pending].filter((shard) => dueAtMs(shard) <= nowMs);
      const healthy = due.filter((shard) => !troubled.has(shard));
      const [alone] = due.filter((shard) => troubled.has(shard)).sort((a, b) => dueAtMs(a) - dueAtMs(b));
      // Taking turns: under steady load the healthy are always due, and the others must not wait for ever.
      const turnOfAlone = alone !== undefined && (aloneIsNext || healthy.length === 0);
      aloneIsNext = !turnOfAlone;
      const group = turnOfAlone ? [alone] : healthy;
      for (const shard of group) pending.delete(shard);
      return group;
    },
    succeeded(shards) {
      for (const shard of shards) troubled.delete(shard);
    },
    failed(shards, nowMs) {
      for (const shard of shards) {
        const failures = (troubled.get(shard)?.failures ?? 0) + 1;
        const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
        troubled.set(shard, { failures, retryAtMs: nowMs + pauseMs });
        pending.add(shard);
      }
    },
    dueInMs(nowMs) {
      if (pending.size === 0) return undefined;
      return Math.max(0, Math.min(...[...pending].map(dueAtMs)) - nowMs);
    },
    failures: (shard) => troubled.get(shard)?.failures ?? 0,
  };
}
