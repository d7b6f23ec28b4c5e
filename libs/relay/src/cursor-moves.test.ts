import { describe, expect, it } from 'vitest';
import { createCursorMoves, FEW_EVENTS } from './cursor-moves.ts';
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

  it('that fail leave their shards and those of the next one where they stood: all is sent again', async () => {
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

  describe('after small sends', () => {
    it('are made together, some time apart; reading goes on at once', async () => {
      const { leases, moves } = slowLeases();
      const cursors = createCursorMoves(leases, { apartMs: 50 });
      const [one, other] = [shardAt(3, 10n), shardAt(4, 10n)];
      // Nothing was moved lately: the first one is not delayed.
      await cursors.move(new Map([[one, 11n]]), 1);
      expect(moves).toHaveLength(1);
      await cursors.move(new Map([[one, 12n]]), 1);
      await cursors.move(new Map([[other, 13n]]), 1);
      await cursors.move(new Map([[one, 14n]]), 1);
      expect([moves.length, one.position, other.position]).toEqual([1, 14n, 13n]);
      moves[0]?.end.resolve([]);
      await expect.poll(() => moves.length).toBe(2);
      expect([...(moves[1]?.positions ?? [])]).toEqual([
        [one, 14n],
        [other, 13n],
      ]);
    });

    it('are made at once when there are many events, or when they are settled', async () => {
      const { leases, moves } = slowLeases();
      const cursors = createCursorMoves(leases, { apartMs: 600_000 });
      const shard = shardAt(3, 10n);
      await cursors.move(new Map([[shard, 11n]]), 1);
      moves[0]?.end.resolve([]);
      await cursors.move(new Map([[shard, 12n]]), FEW_EVENTS);
      expect(moves).toHaveLength(1);
      await cursors.move(new Map([[shard, 13n]]), 1);
      expect(moves).toHaveLength(2);
      moves[1]?.end.resolve([]);
      await cursors.move(new Map([[shard, 14n]]), 1);
      const settled = cursors.settle();
      await expect.poll(() => moves.length).toBe(3);
      expect(moves[2]?.positions.get(shard)).toBe(14n);
      moves[2]?.end.resolve([]);
      await settled;
    });

    it('that fail take back what was noted of their shards since, and tell the next one', async () => {
      const { leases, moves } = slowLeases();
      const cursors = createCursorMoves(leases, { apartMs: 600_000 });
      const [shard, other] = [shardAt(3, 10n), shardAt(4, 10n)];
      await cursors.move(new Map([[shard, 11n]]), 1);
      await cursors.move(
        new Map([
          [shard, 12n],
          [other, 12n],
        ]),
        2,
      );
      moves[0]?.end.reject(new Error('the database is away'));
      await expect.poll(() => shard.position).toBe(10n);
      await expect(cursors.move(new Map([[shard, 13n]]), 1)).rejects.toThrow('the database is away');
      expect([shard.position, other.position]).toEqual([10n, 12n]);
      void cursors.settle();
      await expect.poll(() => moves.length).toBe(2);
      expect([...(moves[1]?.positions ?? [])]).toEqual([[other, 12n]]);
      moves[1]?.end.resolve([]);
    });
  });
});
