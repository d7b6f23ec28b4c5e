import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs, equalJitterMs } from '@meridian/async';
import { storeFailureOf, type Placement, type Statement } from '@meridian/cassandra';
import {
  createGroupQueue,
  type Group,
  type GroupBounds,
  type GroupQueue,
  type GroupSize,
} from './group-queue.ts';
import { createPace, type Pace } from './pace.ts';
import { bytesOf } from './statement-bytes.ts';

/**
 * Sends statements of partitions that one node can coordinate. Takes regions out of `acknowledged` as
 * RegionalStore.write does.
 */
export type Send = (
  statements: readonly Statement[],
  acknowledged: Set<string>,
  placement: Placement | undefined,
  attempt: Attempt,
) => Promise<void>;

/** Which attempt of a write it is, and what the sender tells of it. */
export interface Attempt {
  /** How often the same statements were sent before. They may then be sent another way. */
  readonly triesBefore: number;
  /** Another node that can coordinate the write, if there is one. None when the driver chooses the coordinator: it may be any. */
  otherCoordinator(): string | undefined;
  /** To be called when another node was quicker than the coordinator. For some seconds, writes then prefer other coordinators. */
  coordinatorIsLate(): void;
}

/** Takes writes. When the signal is aborted, writes that are not under way yet reject with the signal's reason. */
export type GroupedWrite = (
  statements: readonly Statement[],
  acknowledged: Set<string>,
  placement?: Placement,
  signal?: AbortSignal,
) => Promise<void>;

/**
 * Far below the batch that a store refuses by default (50 KiB). By default, a store also warns of 5 KiB, and of more than 10
 * partitions. The configuration in deploy/ raises all three limits.
 */
export const USUAL_GROUPS: GroupSize = { maxPartitions: 60, maxBytes: 30_000 };

/**
 * Group commit for rows: writes to partitions that one node holds go together, with this node as their coordinator.
 * While few requests are under way, the writes of one turn of the event loop are sent at the end of the turn. Otherwise
 * they wait, and later writes join them. A request costs the store and this process more than a row does. So few
 * requests are sent, with many partitions in each. The partitions of a group may have different other replicas: the
 * coordinator sends each partition to its own replicas. Within a partition nothing changes: rows that are written
 * together become visible together.
 *
 * When the store refuses a group for its content, each write of the group is tried by itself. So no write fails because
 * of another. When the store is too slow or has too much to do, the same group is sent again, a few times and after a
 * pause. From then on half as many groups are under way; each group that succeeds lets one more go.
 */
export function groupWrites(send: Send, bounds: GroupBounds): GroupedWrite {
  const queue = createGroupQueue(bounds);
  const pace = createPace(bounds);
  const sendGroup = sendPatiently(send, pace, queue);
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

/** Sends the writes of a group in one request. Takes regions out of `acknowledged` only when it resolves. */
type SendGroup = (group: Group, acknowledged: Set<string>) => Promise<void>;

/**
 * Sends a group until the store takes it. Rejects when a further try is of no use, or when nobody waits for the group any more. Only
 * the first try names the coordinator: after a failure, the driver is free to try one node after the other.
 */
function sendPatiently(send: Send, pace: Pace, queue: Pick<GroupQueue, 'avoid' | 'otherThan'>): SendGroup {
  return async ({ writes, coordinator }, acknowledged) => {
    const statements = writes.flatMap((waiting) => waiting.statements);
    const placement = writes[0]?.placement;
    const coordinatorIsLate = () => {
      if (coordinator !== undefined) queue.avoid(coordinator);
    };
    for (let tries = 1; ; tries++) {
      const found = new Set(acknowledged);
      const sentAtMs = performance.now();
      try {
        const by = tries === 1 ? coordinatedBy(placement, coordinator) : placement;
        const otherCoordinator = () => by?.coordinator && queue.otherThan(by.coordinator, by);
        await send(statements, found, by, { triesBefore: tries - 1, otherCoordinator, coordinatorIsLate });
        pace.succeeded(performance.now() - sentAtMs);
        for (const region of acknowledged) if (!found.has(region)) acknowledged.delete(region);
        return;
      } catch (error) {
        if (!isOverload(error)) throw error;
        pace.overloaded();
        coordinatorIsLate();
        if (tries === MAX_TRIES || writes.every(({ signal }) => signal?.aborted)) throw error;
      }
      await pause(equalJitterMs(backoffMs(tries, PAUSE)));
    }
  };
}

function coordinatedBy(
  placement: Placement | undefined,
  coordinator: string | undefined,
): Placement | undefined {
  return placement && coordinator !== undefined ? { ...placement, coordinator } : placement;
}

/** Sends a group, and tells each of its writes how that ended. Never rejects. */
async function run(group: Group, sendGroup: SendGroup): Promise<void> {
  const { writes } = group;
  const everywhere = new Set(writes.flatMap(({ acknowledged }) => [...acknowledged]));
  const acknowledged = new Set(everywhere);
  try {
    await sendGroup(group, acknowledged);
  } catch (error) {
    if (writes.length > 1 && storeFailureOf(error) === 'statement') await runApart(group, sendGroup);
    else for (const { reject } of writes) reject(error);
    return;
  }
  for (const waiting of writes) {
    for (const region of everywhere) if (!acknowledged.has(region)) waiting.acknowledged.delete(region);
    waiting.resolve();
  }
}

/** Sends the writes of a group one after the other. A failing write is no reason for more requests at once. */
async function runApart({ writes, coordinator }: Group, sendGroup: SendGroup): Promise<void> {
  for (const waiting of writes)
    if (waiting.signal?.aborted) waiting.reject(waiting.signal.reason);
    else await run({ writes: [waiting], coordinator }, sendGroup);
}

/** How often a group is sent to a store that is too slow, before its writes fail. */
const MAX_TRIES = 4;
const PAUSE = { firstMs: 50, longestMs: 2_000 };

/**
 * Whether a failure says that the store has too much to do. The store may take the same request later, and more
 * requests are no help.
 */
function isOverload(error: unknown): boolean {
  const kind = storeFailureOf(error);
  return kind === 'busy' || kind === 'late';
}
