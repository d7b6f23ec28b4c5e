import type { PartitionKey, Positions } from '@meridian/contracts';
import { createHeap, type HeapEntry } from './heap.ts';
import { createPositionWaits } from './position-waits.ts';

/** Decides how often a watch polls the progress while somebody waits. Nothing here costs more than O(log n) of those who wait. */
export interface PollPacing {
  /**
   * Notes that somebody waits for these, one position at least; gives what ends that. `onSeen` is told once, at any time from now on, when
   * all events that are waited for have been seen, and since when. Who gives it looks for rows then: polls are rare meanwhile.
   */
  begin(missing: Positions, onSeen?: OnSeen): () => void;
  /**
   * Notes that an event of a partition was seen, on its way to the rows. Gives whether all that somebody waits for has been seen now: the
   * next poll may be due sooner.
   */
  notify(key: PartitionKey, position: bigint, nowMs: number): boolean;
  /** Notes whether such notifications arrive at all. */
  notificationsArrive(arrive: boolean): void;
  /** Notes how long somebody waited until the rows were there. */
  waited(ms: number): void;
  /** How long after the last poll the next one is due for those who wait. */
  nextPollInMs(nowMs: number): number;
}

/** Is told since when all that is waited for has been seen, in milliseconds of performance.now(). */
export type OnSeen = (sinceMs: number) => void;

/** Right after an event was seen its rows are due any moment; a poll costs a read of one small partition. */
export const SHORTEST_PAUSE_MS = 1.5;
/**
 * The longer the wait, the less one moment more matters. So the pause is this share of the time since the event was
 * seen, and of what others have waited lately. Without the second part, newcomers would always be polled for most
 * often. Their polls would slow down a loaded store.
 */
const SHARE_OF_WAIT = 0.1;
/** How much the latest wait counts among those before it: an exponentially weighted average. */
const WEIGHT_OF_LATEST = 0.1;
/** Where notifications arrive, an event without one is not published yet, or its notification was lost: rare polls are enough. */
const UNNOTIFIED_FACTOR = 4;

/** One who waits. */
interface Paced {
  readonly onSeen: OnSeen | undefined;
  /** Among those for whom all was seen: what ends that. */
  leave?: () => void;
}

/** Makes the pacing around a usual pause between two polls. */
export function createPollPacing(usualMs: number): PollPacing {
  const newest = new Map<PartitionKey, { position: bigint; atMs: number }>();
  /** Those for whom something was not seen yet. */
  const unseen = createPositionWaits<Paced>();
  /** Since when all was seen of the others; the latest first. */
  const seenSince = createHeap<number>((a, b) => a > b);
  /** For how many of those who look for rows all was seen. */
  let looking = 0;
  let doArrive = false;
  let usualWaitMs = 0;

  function allSeen(paced: Paced, sinceMs: number): void {
    if (paced.onSeen) {
      looking += 1;
      paced.leave = () => void (looking -= 1);
      paced.onSeen(sinceMs);
    } else {
      const entry: HeapEntry<number> = seenSince.add(sinceMs);
      paced.leave = () => seenSince.remove(entry);
    }
  }

  return {
    begin(missing, onSeen) {
      const paced: Paced = { onSeen };
      const known = [...missing].map(([key, required]) => ({ key, required, seen: newest.get(key) }));
      const rest = known.filter(({ required, seen }) => !seen || seen.position < required);
      const end = unseen.add(paced, new Map(rest.map(({ key, required }) => [key, required])));
      if (rest.length === 0 && known.length > 0)
        allSeen(paced, Math.max(...known.map(({ seen }) => seen?.atMs ?? 0)));
      return () => {
        end();
        paced.leave?.();
      };
    },
    notify(key, position, nowMs) {
      const before = newest.get(key);
      // A repeated one may be of a batch that is written again: its position does not go back.
      if (!before || before.position < position) newest.set(key, { position, atMs: nowMs });
      const all = unseen.reach(key, position);
      for (const paced of all) allSeen(paced, nowMs);
      return all.length > 0;
    },
    notificationsArrive: (arrive) => {
      doArrive = arrive;
    },
    waited: (ms) => {
      usualWaitMs += (ms - usualWaitMs) * WEIGHT_OF_LATEST;
    },
    nextPollInMs(nowMs) {
      if (!doArrive) return usualMs;
      const sinceMs = seenSince.first();
      if (sinceMs === undefined) return looking > 0 ? usualMs : usualMs * UNNOTIFIED_FACTOR;
      const waitMs = Math.max(nowMs - sinceMs, usualWaitMs);
      return Math.min(usualMs, Math.max(SHORTEST_PAUSE_MS, waitMs * SHARE_OF_WAIT));
    },
  };
}
