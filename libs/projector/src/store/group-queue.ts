import { createMarks, takeBatch } from '@meridian/async';
import type { Placement, Statement } from '@meridian/cassandra';
import type { PaceBounds } from './pace.ts';

/** The bounds of one group. */
export interface GroupSize {
  /** How many partitions are in a group at most. */
  readonly maxPartitions: number;
  /** Estimated bytes of a group of several partitions. */
  readonly maxBytes: number;
  /**
   * How many guests a group takes along at most: partitions that its coordinator does not hold. A group has guests only
   * when no other write is left. Left out, as many as cost less as guests than as a request of their own.
   */
  readonly maxGuests?: number;
}

/** The bounds of a group, and of how many groups are under way at once. */
export interface GroupBounds extends PaceBounds, GroupSize {}

/** A write that waits for its turn. */
export interface Waiting {
  readonly signal: AbortSignal | undefined;
  readonly statements: readonly Statement[];
  readonly acknowledged: Set<string>;
  readonly placement: Placement | undefined;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Writes that go together. */
export interface Group {
  readonly writes: readonly Waiting[];
  /** A node that holds the partitions of all these writes, but not those of guests. Undefined when no node is known. */
  readonly coordinator: string | undefined;
}

/** Writes that wait for their turn, by the nodes that can coordinate them. */
export interface GroupQueue {
  push(waiting: Waiting): void;
  isEmpty(): boolean;
  /**
   * Takes the next group, within the bounds: the write that has waited longest, and other writes that one of its nodes
   * can coordinate too. When only a few other writes are left, these go along as guests: the coordinator sends them to
   * the nodes that hold their partitions. A write that no known node can coordinate goes alone.
   */
  next(): Group;
  /** A node that can coordinate a write instead of this one, if there is one: rather one that is not avoided. Nodes take turns. */
  otherThan(coordinator: string, placement: Placement): string | undefined;
  /** Prefers other nodes for some seconds, since this node has not answered in time. */
  avoid(coordinator: string): void;
}

/**
 * A guest costs the store one more message between its nodes. This number takes such a message for an eighth of a
 * request. The cost was not measured, since there are guests only with more than three nodes per region.
 */
const USUAL_GUESTS = 8;

/** About as long as the store takes to find a node down, or as a node takes to recover from a pause. */
const AVOID_MS = 5_000;

/**
 * Makes an empty queue. A greedy cover chooses the coordinator. Of the nodes that can coordinate the oldest write, it is
 * the node that can coordinate most of the other writes. Nodes that can coordinate equally many take turns.
 */
export function createGroupQueue(bounds: GroupSize): GroupQueue {
  const all = new Set<Waiting>();
  const byCoordinator = new Map<string, Set<Waiting>>();
  const avoided = createMarks(AVOID_MS);
  const heard = new WeakSet<AbortSignal>();
  let turn = 0;

  /** When the signal is aborted, rejects the writes with this signal that still wait for their turn. */
  function heed(signal: AbortSignal): void {
    if (heard.has(signal)) return;
    heard.add(signal);
    const drop = () => {
      for (const waiting of all)
        if (waiting.signal === signal) {
          take(waiting);
          waiting.reject(signal.reason);
        }
    };
    signal.addEventListener('abort', drop, { once: true });
  }

  function take(waiting: Waiting): void {
    all.delete(waiting);
    for (const coordinator of waiting.placement?.coordinators ?? []) {
      const those = byCoordinator.get(coordinator);
      those?.delete(waiting);
      if (those?.size === 0) byCoordinator.delete(coordinator);
    }
  }

  function coordinatorFor({ placement }: Waiting): string | undefined {
    turn += 1;
    let best: { readonly coordinator: string; readonly rank: number } | undefined;
    for (const coordinator of rotated(placement?.coordinators ?? [], turn)) {
      const rank = avoided.has(coordinator) ? 0 : (byCoordinator.get(coordinator)?.size ?? 0);
      if (!best || rank > best.rank) best = { coordinator, rank };
    }
    return best?.coordinator;
  }

  return {
    push(waiting) {
      if (waiting.signal) heed(waiting.signal);
      all.add(waiting);
      for (const coordinator of waiting.placement?.coordinators ?? []) {
        const those = byCoordinator.get(coordinator);
        if (those) those.add(waiting);
        else byCoordinator.set(coordinator, new Set([waiting]));
      }
    },
    isEmpty: () => all.size === 0,
    next() {
      const [oldest] = all;
      if (!oldest) return { writes: [], coordinator: undefined };
      const coordinator = coordinatorFor(oldest);
      const candidates = coordinator === undefined ? [oldest] : (byCoordinator.get(coordinator) ?? []);
      const writes = firstOf(candidates, bounds);
      for (const waiting of writes) take(waiting);
      const guests = coordinator === undefined ? [] : guestsOf(writes, all, bounds);
      for (const waiting of guests) take(waiting);
      return { writes: [...writes, ...guests], coordinator };
    },
    otherThan(coordinator, { coordinators }) {
      turn += 1;
      const inTurn = rotated(
        coordinators.filter((node) => node !== coordinator),
        turn,
      );
      return inTurn.find((node) => !avoided.has(node)) ?? inTurn[0];
    },
    avoid: avoided.set,
  };
}

/** All writes that are left beside a group, if the group has room for them and may have so many guests. Otherwise none. */
function guestsOf(
  writes: readonly Waiting[],
  all: ReadonlySet<Waiting>,
  bounds: GroupSize,
): readonly Waiting[] {
  const { maxGuests = USUAL_GUESTS } = bounds;
  if (all.size > maxGuests) return [];
  const left = [...all].filter(({ placement }) => placement);
  return firstOf([...writes, ...left], bounds).length === writes.length + left.length ? left : [];
}

const rotated = <T>(all: readonly T[], turn: number): readonly T[] => {
  const first = all.length === 0 ? 0 : turn % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
};

/** The first writes that go together within the bounds. At least one. */
const firstOf = (writes: Iterable<Waiting>, { maxPartitions, maxBytes }: GroupSize): readonly Waiting[] =>
  takeBatch(writes, { maxCount: maxPartitions, maxBytes, bytesOf: ({ bytes }) => bytes });
