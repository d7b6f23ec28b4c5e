import { describe, expect, it } from 'vitest';
import { createCursorMoves } from './cursor-moves.ts';
import type { OwnedShard, PublishingLeases } from './leases.ts';

const shardAt = (shard: number, position: bigint): OwnedShard => ({
  shard,
  position,
  epoch: 1n,
  leaseEndsAtMs: Infinity,
});

/** Leases whose moves end when told. */
function slowLeases() {
  const moves: { positions: ReadonlyMap<OwnedShard, bigint>; end: PromiseWithResolvers<OwnedShard[]> }[] = [];
  const leases: PublishingLeases = {
    leaseLeftMs: () => 1_000,
    holds: () => true,
    move(positions) {
      const end = Promise.withResolvers<OwnedShard[]>();
      moves.push({ positions, end });
      return end.promise;
    },
  };
  return { leases, moves };
}

describe('moves of cursors', () => {
  it('let the next events be read from there at once, and are made one at a time', async () => {
    const { leases, moves } = slowLeases();
    const cursors = createCursorMoves(leases);
    const shard = shardAt(3, 10n);
    expect(await cursors.move(new Map([[shard, 20n]]))).toEqual([]);
    expect(shard.position).toBe(20n);
    const second = cursors.move(new Map([[shard, 30n]]));
    await new Promise((resolve) => setImmediate(resolve));
    expect([moves.length, shard.position]).toEqual([1, 20n]);
    moves[0]?.end.resolve([]);
    await second;
    expect([moves.length, shard.position]).toEqual([2, 30n]);
  });

  it('tell with the next one which shards were lost', async () => {
    const { leases, moves } = slowLeases();
    const cursors = createCursorMoves(leases);
    const [lost, kept] = [shardAt(3, 10n), shardAt(4, 10n)];
    await cursors.move(new Map([[lost, 20n]]));
    moves[0]?.end.resolve([lost]);
    expect(await cursors.move(new Map([[kept, 20n]]))).toEqual([lost]);
  });

  it('that fail leave their shards where they stood, and those of the next one too: all of it is sent again', async () => {
    const { leases, moves } = slowLeases();
    const cursors = createCursorMoves(leases);
    const shard = shardAt(3, 10n);
    await cursors.move(new Map([[shard, 20n]]));
    const next = cursors.move(new Map([[shard, 30n]]));
    moves[0]?.end.reject(new Error('the database is away'));
    await expect(next).rejects.toThrow('the database is away');
    expect(shard.position).toBe(10n);
    expect(moves).toHaveLength(1);
    await cursors.move(new Map([[shard, 30n]]));
    expect(shard.position).toBe(30n);
  });

  it('have ended when it is settled, however that was', async () => {
    const { leases, moves } = slowLeases();
    const cursors = createCursorMoves(leases);
    await cursors.settle();
    await cursors.move(new Map([[shardAt(3, 10n), 20n]]));
    let settled = false;
    const settling = cursors.settle().then(() => (settled = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    moves[0]?.end.reject(new Error('the database is away'));
    await settling;
  });
});
