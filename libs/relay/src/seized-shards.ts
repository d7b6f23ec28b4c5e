import { bigintOf, numberOf, type MysqlPool, type Row } from '@meridian/mysql';
import { setTimeout as pause } from 'node:timers/promises';
import type { OwnedShard, PublishingLeases } from './leases.ts';

/** Another owner has taken a shard that was being published again. */
export class ShardLostError extends Error {
  override readonly name = 'ShardLostError';
}

/** Shards that were taken from the relay for a while, to publish a part of them again. */
export interface SeizedShards {
  readonly shards: readonly OwnedShard[];
  readonly leases: PublishingLeases;
  /** Prolongs the leases when they are half over. Throws ShardLostError when one is another's. */
  keep(): Promise<void>;
  /** Gives the shards back to the relay, which goes on from where it was. */
  release(): Promise<void>;
}

/** Which part of which shards is wanted. */
export interface SeizeOptions {
  readonly pool: MysqlPool;
  readonly owner: string;
  readonly leaseMs: number;
  readonly shards: readonly number[];
  readonly fromPosition: bigint;
  readonly toPosition: bigint | undefined;
}

const LEASE_END = 'UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND';

const SEIZE = `
START TRANSACTION;
SELECT shard, epoch, position,
       GREATEST(0, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), lease_until)) AS held_us, lease_ms
  FROM relay_shard WHERE shard IN (?) ORDER BY shard FOR UPDATE;
UPDATE relay_shard SET owner = ?, epoch = epoch + 1, lease_until = ${LEASE_END}, lease_ms = ?
  WHERE shard IN (?) ORDER BY shard;
COMMIT`;

/**
 * Takes shards over under a new epoch, whoever owns the shards, and waits until the former owners' leases are over.
 * What those owners had sent has then ended. Their cursors stay where they are; nothing beyond them is to be published
 * here.
 */
export async function seizeShards(options: SeizeOptions): Promise<SeizedShards> {
  const { pool, owner, leaseMs, fromPosition, toPosition } = options;
  const sentAtMs = performance.now();
  const leaseUs = leaseMs * 1_000;
  const [, found] = await pool.withConnection((connection) =>
    connection.queryAll(SEIZE, [options.shards, owner, leaseUs, leaseMs, options.shards]),
  );
  const rows = found?.rows ?? [];
  const shards = rows.map((row): OwnedShard => {
    const published = bigintOf(row, 'position');
    const untilPosition = toPosition !== undefined && toPosition < published ? toPosition : published;
    return {
      shard: numberOf(row, 'shard'),
      epoch: bigintOf(row, 'epoch') + 1n,
      untilPosition,
      position: fromPosition - 1n,
      leaseEndsAtMs: sentAtMs + leaseMs,
    };
  });
  const held = shards.map(({ shard, epoch }) => [shard, epoch]);
  const leases: PublishingLeases = {
    leaseLeftMs: ({ leaseEndsAtMs }) => leaseEndsAtMs - performance.now(),
    holds: (shard) => shards.includes(shard),
    move(positions) {
      for (const [shard, position] of positions) shard.position = position;
      return Promise.resolve([]);
    },
  };
  const seized: SeizedShards = {
    shards,
    leases,
    async keep() {
      if (shards.every((shard) => leases.leaseLeftMs(shard) > leaseMs / 2)) return;
      const renewedAtMs = performance.now();
      const { affectedRows } = await pool.query(
        `UPDATE relay_shard SET lease_until = ${LEASE_END} WHERE owner = ? AND (shard, epoch) IN (?) ORDER BY shard`,
        [leaseUs, owner, held],
      );
      if (affectedRows < shards.length) throw new ShardLostError('a shard was taken over by another');
      for (const shard of shards) shard.leaseEndsAtMs = renewedAtMs + leaseMs;
    },
    async release() {
      await pool.query(
        `UPDATE relay_shard SET owner = '', lease_until = UTC_TIMESTAMP(3)
         WHERE owner = ? AND (shard, epoch) IN (?) ORDER BY shard`,
        [owner, held],
      );
    },
  };
  await untilOver(rows.map(heldMs), seized);
  return seized;
}

/** How long an owner may go on: no longer than the lease is, also where the database's clock was set back since it was given. */
function heldMs(row: Row): number {
  const leftMs = numberOf(row, 'held_us') / 1_000;
  const lengthMs = numberOf(row, 'lease_ms');
  return lengthMs > 0 ? Math.min(leftMs, lengthMs) : leftMs;
}

async function untilOver(waits: readonly number[], seized: SeizedShards): Promise<void> {
  const endsAtMs = performance.now() + Math.max(0, ...waits);
  for (;;) {
    const leftMs = endsAtMs - performance.now();
    if (leftMs <= 0) return;
    await pause(Math.min(leftMs, 500));
    await seized.keep();
  }
}
