import type { PartitionKey } from '@meridian/contracts';
import type { MissingPosition } from './region-behind.ts';

/** Decides how often a watch looks at the progress while somebody waits. */
export interface LookPace {
  /** Notes that an event of a partition was seen, on its way to the rows. */
  hint(key: PartitionKey, position: bigint, nowMs: number): void;
  /** Notes whether such events are told at all. */
  hinted(told: boolean): void;
  /** Notes how long somebody waited until the rows were there. */
  waited(ms: number): void;
  /** How long after the last look the next one is due for whoever waits for these. */
  nextLookInMs(missing: readonly MissingPosition[], nowMs: number): number;
}

/** Right after an event was seen its rows are due any moment; a look costs a read of one small partition. */
export const SHORTEST_PAUSE_MS = 1.5;
/**
 * The longer it takes, the less a moment more matters: the pause is this share of the time since the event was seen, and of what
 * others have waited of late. Without the latter somebody who just came would always be looked after most closely, and looks
 * would take from a loaded store what it needs to get there.
 */
const SHARE_OF_WAIT = 0.1;
/** How much the latest wait counts among those before it: an exponentially weighted average. */
const WEIGHT_OF_LATEST = 0.1;
/** Where events are told, one that was not has not been published yet, or was missed: a safety net is enough. */
const UNTOLD_FACTOR = 4;

/** Makes the pace around a usual pause between two looks. */
export function createLookPace(usualMs: number): LookPace {
  const seen = new Map<PartitionKey, { position: bigint; atMs: number }>();
  let told = false;
  let usualWaitMs = 0;

  function seenAtMs({ key, required }: MissingPosition): number | undefined {
    const newest = seen.get(key);
    return newest && newest.position >= required ? newest.atMs : undefined;
  }

  return {
    hint(key, position, nowMs) {
      const newest = seen.get(key);
      // A repeated one may be of a batch that is written again: its time counts, its position does not go back.
      if (!newest || newest.position < position) seen.set(key, { position, atMs: nowMs });
    },
    hinted: (now) => {
      told = now;
    },
    waited: (ms) => {
      usualWaitMs += (ms - usualWaitMs) * WEIGHT_OF_LATEST;
    },
    nextLookInMs(missing, nowMs) {
      if (!told) return usualMs;
      const times = missing.map(seenAtMs);
      const newestMs = Math.max(...times.map((time) => time ?? Number.NEGATIVE_INFINITY));
      if (times.length === 0 || times.includes(undefined)) return usualMs * UNTOLD_FACTOR;
      const waitMs = Math.max(nowMs - newestMs, usualWaitMs);
      return Math.min(usualMs, Math.max(SHORTEST_PAUSE_MS, waitMs * SHARE_OF_WAIT));
    },
  };
}
