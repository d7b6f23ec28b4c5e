import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs, jitteredMs } from '@meridian/async';
import { storeFailureOf, type Placement, type Statement } from '@meridian/cassandra';
import { bytesOf } from './chunks.ts';

/** Sends statements of partitions that the same replicas hold; fills `acknowledged` as RegionalStore.write does. */
export type Send = (
  statements: readonly Statement[],
  acknowledged: Set<string>,
  placement?: Placement,
) => Promise<void>;

/** The bounds of a group. */
export interface GroupBounds {
  /** How many groups are under way at once while the store keeps up; while it does not, fewer are. */
  readonly maxInFlight: number;
  /** Partitions in a group: Cassandra warns of more than 10 unless told otherwise. */
  readonly maxPartitions: number;
  /** Estimated bytes of a group of several partitions: Cassandra warns of more than 5 KiB unless told otherwise. */
  readonly maxBytes: number;
}

/** Takes writes. When the signal is aborted, those that are not under way yet reject with its reason. */
export type GroupedWrite = (
  statements: readonly Statement[],
  acknowledged: Set<string>,
  placement?: Placement,
  signal?: AbortSignal,
) => Promise<void>;

interface Waiting {
  readonly signal: AbortSignal | undefined;
  readonly statements: readonly Statement[];
  readonly acknowledged: Set<string>;
  readonly placement: Placement | undefined;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What no store warns of. */
export const USUAL_GROUPS: Omit<GroupBounds, 'maxInFlight'> = { maxPartitions: 10, maxBytes: 4_500 };

/**
 * Group commit for rows: what is written in one turn of the event loop goes together with others for the same replicas, at its
 * end while few requests are under way; otherwise it waits, and what comes meanwhile joins it. A request costs the store and this
 * process more than a row does, so few requests are sent with many partitions in each: all that one fetch brings, usually. Within
 * a partition nothing changes: what is written together becomes visible together.
 *
 * When the store refuses a group for what is in it, each of its writes is tried by itself, so that none fails for another's sake. When
 * the store is too slow or has too much to do, the same group is sent again, a few times and after a pause. From then on half as many
 * groups are under way; each group that succeeds lets one more go.
 */
export function groupWrites(send: Send, bounds: GroupBounds): GroupedWrite {
  const queue = createGroupQueue(bounds);
  const pace = createPace(bounds.maxInFlight);
  const sendGroup = sendPatiently(send, pace);
  let endOfTurn: NodeJS.Immediate | undefined;

  function dispatch(): void {
    endOfTurn = undefined;
    while (pace.hasRoom() && !queue.isEmpty()) {
      pace.begin();
      void run(queue.next(), sendGroup).finally(() => {
        pace.end();
        endOfTurn ??= setImmediate(dispatch);
      });
    }
  }

  return (statements, acknowledged, placement, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const bytes = statements.reduce((sum, statement) => sum + bytesOf(statement), 0);
      queue.push({ statements, acknowledged, placement, signal, bytes, resolve, reject });
      endOfTurn ??= setImmediate(dispatch);
    });
}

/** Writes that wait for their turn, by the replicas that hold them. */
interface GroupQueue {
  push(waiting: Waiting): void;
  isEmpty(): boolean;
  /** Takes the next group, within the bounds; a write without a placement goes alone. */
  next(): readonly Waiting[];
}

function createGroupQueue(bounds: GroupBounds): GroupQueue {
  const byReplicas = new Map<string, Waiting[]>();
  const heard = new WeakSet<AbortSignal>();

  /** Has the writes that wait for their turn reject when their signal is aborted. */
  function heed(signal: AbortSignal): void {
    if (heard.has(signal)) return;
    heard.add(signal);
    signal.addEventListener('abort', () => drop(signal), { once: true });
  }

  function drop(signal: AbortSignal): void {
    for (const [replicas, queue] of byReplicas) {
      const [gone, kept] = [
        queue.filter((waiting) => waiting.signal === signal),
        queue.filter((waiting) => waiting.signal !== signal),
      ];
      if (kept.length > 0) byReplicas.set(replicas, kept);
      else byReplicas.delete(replicas);
      for (const { reject } of gone) reject(signal.reason);
    }
  }

  return {
    push(waiting) {
      if (waiting.signal) heed(waiting.signal);
      const replicas = waiting.placement?.replicas ?? '';
      const queue = byReplicas.get(replicas);
      if (queue) queue.push(waiting);
      else byReplicas.set(replicas, [waiting]);
    },
    isEmpty: () => byReplicas.size === 0,
    next() {
      const [first] = byReplicas;
      if (!first) return [];
      const [replicas, queue] = first;
      const group = queue.splice(0, groupLength(queue, bounds));
      // The others have their turn before more for the same replicas.
      byReplicas.delete(replicas);
      if (queue.length > 0) byReplicas.set(replicas, queue);
      return group;
    },
  };
}

/** How many of the first writes of a queue go together. */
function groupLength(queue: readonly Waiting[], { maxPartitions, maxBytes }: GroupBounds): number {
  let bytes = 0;
  let count = 0;
  for (const waiting of queue) {
    bytes += waiting.bytes;
    if (count > 0 && (count === maxPartitions || bytes > maxBytes)) break;
    count += 1;
    if (!waiting.placement) break;
  }
  return count;
}

/** How many groups are under way, and how many may be: half as many after each overload, one more after each success. */
interface Pace {
  hasRoom(): boolean;
  begin(): void;
  end(): void;
  succeeded(): void;
  overloaded(): void;
}

function createPace(maxInFlight: number): Pace {
  let inFlight = 0;
  let mayBeInFlight = maxInFlight;
  return {
    hasRoom: () => inFlight < mayBeInFlight,
    begin() {
      inFlight += 1;
    },
    end() {
      inFlight -= 1;
    },
    succeeded() {
      mayBeInFlight = Math.min(maxInFlight, mayBeInFlight + 1);
    },
    overloaded() {
      mayBeInFlight = Math.max(1, Math.floor(mayBeInFlight / 2));
    },
  };
}

/** Sends the writes of a group in one request; takes regions out of `acknowledged` only when it resolves. */
type SendGroup = (group: readonly Waiting[], acknowledged: Set<string>) => Promise<void>;

/** Sends a group until the store takes it; rejects when that is of no use, or nobody waits for it any more. */
function sendPatiently(send: Send, pace: Pace): SendGroup {
  return async (group, acknowledged) => {
    const statements = group.flatMap((waiting) => waiting.statements);
    for (let tries = 1; ; tries++) {
      const found = new Set(acknowledged);
      try {
        await send(statements, found, group[0]?.placement);
        pace.succeeded();
        for (const region of acknowledged) if (!found.has(region)) acknowledged.delete(region);
        return;
      } catch (error) {
        if (!isOverload(error)) throw error;
        pace.overloaded();
        if (tries === MAX_TRIES || group.every(({ signal }) => signal?.aborted)) throw error;
      }
      const longestMs = backoffMs(tries, PAUSE);
      await pause(longestMs / 2 + jitteredMs(longestMs / 2));
    }
  };
}

/** Tells each write of a group how it went; never rejects. */
async function run(group: readonly Waiting[], sendGroup: SendGroup): Promise<void> {
  const everywhere = new Set(group.flatMap(({ acknowledged }) => [...acknowledged]));
  const acknowledged = new Set(everywhere);
  try {
    await sendGroup(group, acknowledged);
  } catch (error) {
    if (group.length > 1 && storeFailureOf(error) === 'statement') await runApart(group, sendGroup);
    else for (const { reject } of group) reject(error);
    return;
  }
  for (const waiting of group) {
    for (const region of everywhere) if (!acknowledged.has(region)) waiting.acknowledged.delete(region);
    waiting.resolve();
  }
}

/** One after the other: what is wrong with one of them is no reason for more requests at once. */
async function runApart(group: readonly Waiting[], sendGroup: SendGroup): Promise<void> {
  for (const waiting of group)
    if (waiting.signal?.aborted) waiting.reject(waiting.signal.reason);
    else await run([waiting], sendGroup);
}

/** How often a group that the store is too slow for is sent, before whoever wrote is told. */
const MAX_TRIES = 4;
const PAUSE = { firstMs: 50, longestMs: 2_000 };

/** Whether a failure says that the store has too much to do: the same request may be taken later, and more of them are no help. */
function isOverload(error: unknown): boolean {
  const kind = storeFailureOf(error);
  return kind === 'busy' || kind === 'late';
}
