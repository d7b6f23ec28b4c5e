import type { OwnedShard, PublishingLeases } from './leases.ts';

/** Moves cursors beside the publishing that goes on. */
export interface CursorMoves extends PublishingLeases {
  /**
   * Notes that Kafka has all events up to these positions. Reading goes on from there at once; the cursors follow in
   * the database, one move at a time. Resolves when the move before this one has ended, with the shards that it found
   * lost. Rejects when that one failed: its shards stand where they stood, and what was sent of them is sent again.
   */
  move(positions: ReadonlyMap<OwnedShard, bigint>): Promise<readonly OwnedShard[]>;
  /** Resolves when no move is under way any more, however the last one ended. */
  settle(): Promise<void>;
}

/**
 * Makes them: the next events are read and sent while the cursors of those before are on their way. What a crash doubles is then
 * the batch in flight and the one before it, no more: a move waits for the one before.
 */
export function createCursorMoves(leases: PublishingLeases): CursorMoves {
  let last: Promise<readonly OwnedShard[]> = Promise.resolve([]);

  async function moveTo(positions: ReadonlyMap<OwnedShard, bigint>): Promise<readonly OwnedShard[]> {
    const before = [...positions.keys()].map((shard) => [shard, shard.position] as const);
    for (const [shard, position] of positions) shard.position = position;
    try {
      return await leases.move(positions);
    } catch (error) {
      for (const [shard, position] of before) shard.position = position;
      throw error;
    }
  }

  return {
    leaseLeftMs: (shard) => leases.leaseLeftMs(shard),
    holds: (shard) => leases.holds(shard),
    async move(positions) {
      const previous = last;
      last = Promise.resolve([]);
      const lost = await previous;
      last = moveTo(positions);
      // Its failure is told to the next move; a shard that has nothing more is looked at again all the same.
      last.catch(() => undefined);
      return lost;
    },
    async settle() {
      await last.catch(() => undefined);
    },
  };
}
