import type { Placement, Statement } from '@meridian/cassandra';
import { bytesOf } from './chunks.ts';

/** Sends statements of partitions that the same replicas hold; fills `acknowledged` as RegionalStore.write does. */
export type Send = (
  statements: readonly Statement[],
  acknowledged: Set<string>,
  placement?: Placement,
) => Promise<void>;

/** The bounds of a group. */
export interface GroupBounds {
  /** How many groups are under way at once. */
  readonly maxInFlight: number;
  /** Partitions in a group: Cassandra warns of more than 10 unless told otherwise. */
  readonly maxPartitions: number;
  /** Estimated bytes of a group of several partitions: Cassandra warns of more than 5 KiB unless told otherwise. */
  readonly maxBytes: number;
}

interface Waiting {
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
 * a partition nothing changes: what is written together becomes visible together. When a group fails, each of its writes is tried
 * by itself, so that none fails for another's sake.
 */
export function groupWrites(send: Send, bounds: GroupBounds): Send {
  const byReplicas = new Map<string, Waiting[]>();
  let inFlight = 0;
  let endOfTurn: NodeJS.Immediate | undefined;

  function next(): readonly Waiting[] {
    const [first] = byReplicas;
    if (!first) return [];
    const [replicas, queue] = first;
    let bytes = 0;
    let count = 0;
    for (const waiting of queue) {
      bytes += waiting.bytes;
      if (count > 0 && (count === bounds.maxPartitions || bytes > bounds.maxBytes)) break;
      count += 1;
      if (!waiting.placement) break;
    }
    const group = queue.splice(0, count);
    // The others have their turn before more for the same replicas.
    byReplicas.delete(replicas);
    if (queue.length > 0) byReplicas.set(replicas, queue);
    return group;
  }

  async function run(group: readonly Waiting[]): Promise<void> {
    const [only] = group;
    if (only && group.length === 1) {
      await send(only.statements, only.acknowledged, only.placement).then(only.resolve, only.reject);
      return;
    }
    const everywhere = new Set(group.flatMap(({ acknowledged }) => [...acknowledged]));
    const acknowledged = new Set(everywhere);
    try {
      const statements = group.flatMap((waiting) => waiting.statements);
      await send(statements, acknowledged, only?.placement);
    } catch {
      await Promise.all(group.map((waiting) => run([waiting])));
      return;
    }
    for (const waiting of group) {
      for (const region of everywhere) if (!acknowledged.has(region)) waiting.acknowledged.delete(region);
      waiting.resolve();
    }
  }

  function dispatch(): void {
    endOfTurn = undefined;
    while (inFlight < bounds.maxInFlight && byReplicas.size > 0) {
      inFlight += 1;
      void run(next()).finally(() => {
        inFlight -= 1;
        endOfTurn ??= setImmediate(dispatch);
      });
    }
  }

  return (statements, acknowledged, placement) =>
    new Promise((resolve, reject) => {
      const bytes = statements.reduce((sum, statement) => sum + bytesOf(statement), 0);
      const waiting = { statements, acknowledged, placement, bytes, resolve, reject };
      const queue = byReplicas.get(placement?.replicas ?? '');
      if (queue) queue.push(waiting);
      else byReplicas.set(placement?.replicas ?? '', [waiting]);
      endOfTurn ??= setImmediate(dispatch);
    });
}
