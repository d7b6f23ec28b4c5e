import type { PartitionKey } from '@meridian/contracts';
import type { MissingPosition } from './region-behind.ts';

/** Decides how often a watch polls the progress while somebody waits. */
export interface PollPacing {
  /** Notes that an event of a partition was seen, on its way to the rows. */
  notify(key: PartitionKey, position: bigint, nowMs: number): void;
  /** Notes whether such notifications arrive at all. */
  notificationsArrive(arrive: boolean): void;
  /** Notes how long somebody waited until the rows were there. */
  waited(ms: number): void;
  /** How long after the last poll the next one is due for whoever waits for these. */
  nextPollInMs(missing: readonly MissingPosition[], nowMs: number): number;
}

/** Right after an event was seen its rows are due any moment; a poll costs a read of one small partition. */
export const SHORTEST_PAUSE_MS = 1.5;
/**
 * The longer it takes, the less a moment more matters: the pause is this share of the time since the event was seen, and of what
 * others have waited of late. Without the latter somebody who just came would always be polled for most closely, and polls
 * would take from a loaded store what it needs to get there.
 */
const SHARE_OF_WAIT = 0.1;
/** How much the latest wait counts among those before it: an exponentially weighted average. */
const WEIGHT_OF_LATEST = 0.1;
/** Where notifications arrive, an event without one is not published yet, or its notification was lost: rare polls are enough. */
const UNNOTIFIED_FACTOR = 4;

/** Makes the pacing around a usual pause between two polls. */
export function createPollPacing(usualMs: number): PollPacing {
  const seen = new Map<PartitionKey, { position: bigint; atMs: number }>();
  let doArrive = false;
  let usualWaitMs = 0;

  function seenAtMs({ key, required }: MissingPosition): number | undefined {
    const newest = seen.get(key);
    return newest && newest.position >= required ? newest.atMs : undefined;
  }

  return {
    notify(key, position, nowMs) {
      const newest = seen.get(key);
      // A repeated one may be of a batch that is written again: its time counts, its position does not go back.
      if (!newest || newest.position < position) seen.set(key, { position, atMs: nowMs });
    },
    notificationsArrive: (arrive) => {
      doArrive = arrive;
    },
    waited: (ms) => {
      usualWaitMs += (ms - usualWaitMs) * WEIGHT_OF_LATEST;
    },
    nextPollInMs(missing, nowMs) {
      if (!doArrive) return usualMs;
      const times = missing.map(seenAtMs);
      const newestMs = Math.max(...times.map((time) => time ?? Number.NEGATIVE_INFINITY));
      if (times.length === 0 || times.includes(undefined)) return usualMs * UNNOTIFIED_FACTOR;
      const waitMs = Math.max(nowMs - newestMs, usualWaitMs);
      return Math.min(usualMs, Math.max(SHORTEST_PAUSE_MS, waitMs * SHARE_OF_WAIT));
    },
  };
}
