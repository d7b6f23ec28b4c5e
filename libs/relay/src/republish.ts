import { SHARD_COUNT } from '@meridian/kernel';
import type { EventProducer } from '@meridian/messaging';
import { bigintOf, type MysqlPool } from '@meridian/mysql';
import { readJournalId } from '@meridian/write-store';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { OwnedShard } from './leases.ts';
import type { Log } from './log.ts';
import { onceRead } from './once-read.ts';
import { publishNext, type PublisherOptions } from './publisher.ts';
import { createReadAhead } from './read-ahead.ts';
import { MAX_SHARD_BYTES } from './batch.ts';
import { markFilled, markRefilling, toTheEnd } from './refill.ts';
import { seizeShards, ShardLostError, type SeizedShards } from './seized-shards.ts';

/** How far publishing again is. */
export interface RepublishProgress {
  readonly published: number;
  readonly total: number;
}

/** What is published again, and its bounds. */
export interface RepublishOptions {
  readonly pool: MysqlPool;
  readonly producer: EventProducer;
  readonly topicPrefix: string;
  /** The first position. */
  readonly fromPosition: bigint;
  /** The last position; what the relay had published when left out or beyond that. */
  readonly toPosition?: bigint;
  /** Only these shards; all when left out. */
  readonly shards?: readonly number[];
  readonly leaseMs?: number;
  readonly batchSize?: number;
  readonly maxShardBytes?: () => number;
  readonly sendTimeoutMs?: number;
  /** How often in a row a send may fail before it gives up. */
  readonly maxFailures?: number;
  readonly log: Log;
  /**
   * Whether Kafka has lost these shards, asked once they are held. The relay then gets the shards back only after a run
   * that went to its end. A part with newer events behind it would be a gap that no reader notices. False when left
   * out.
   */
  readonly isLost?: () => Promise<boolean>;
  /**
   * Run while the shards are held and before anything is sent: what must not meet a relay at work, such as making topics. When it
   * throws, nothing is sent and the shards are given back.
   */
  readonly prepare?: () => Promise<void>;
  readonly onProgress?: (progress: RepublishProgress) => void;
  /** Ends it between two sends: it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

/**
 * Publishes a range of the journal again, each shard in order, by the relay's own code. The shards are taken from the
 * relay meanwhile, so that nothing newer comes in between, and given back afterwards. Commands go on, and their events
 * wait. Every message is marked as sent again. Answers with how many events were sent. When it throws, a part of the
 * range was sent, in order: repeat it. The shards are given back, but those that Kafka has lost stay with nobody until
 * then.
 */
export async function republish(options: RepublishOptions): Promise<number> {
  const { pool, leaseMs = 10_000, shards = ALL_SHARDS, fromPosition, toPosition } = options;
  const owner = `republish#${randomUUID()}`;
  const seized = await seizeShards({ pool, owner, leaseMs, shards, fromPosition, toPosition });
  try {
    let total = 0;
    await keptWhile(seized, leaseMs, async () => {
      if (await options.isLost?.()) await markRefilling(pool, seized.shards);
      await options.prepare?.();
      total = await countEvents(pool, seized.shards);
    });
    const published = await publishAll(seized, options, { leaseMs, total });
    if (toTheEnd(seized.shards, toPosition)) await markFilled(pool, seized.shards);
    return published;
  } finally {
    await seized.release();
  }
}

/** Holds the shards for as long as some work takes. Throws ShardLostError when one went to another meanwhile. */
async function keptWhile(seized: SeizedShards, leaseMs: number, work: () => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  const keep = () => seized.keep().catch((error: unknown) => failures.push(error));
  const timer = setInterval(() => void keep(), leaseMs / 5);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  // A renewal that failed once may have worked since; shards that were lost fail again.
  if (failures.length > 0) await seized.keep();
}

async function publishAll(
  seized: SeizedShards,
  options: RepublishOptions,
  { leaseMs, total }: { readonly leaseMs: number; readonly total: number },
): Promise<number> {
  const { onProgress, signal, log, maxFailures = 5 } = options;
  let published = 0;
  const publisher = publisherOf(seized, options, leaseMs, (count) => {
    published += count;
    onProgress?.({ published, total });
  });
  onProgress?.({ published, total });
  let pending: readonly OwnedShard[] = seized.shards;
  for (let failures = 0; pending.length > 0;) {
    signal?.throwIfAborted();
    try {
      await seized.keep();
      const { more } = await publishNext(publisher, pending);
      pending = more;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (error instanceof ShardLostError || failures >= maxFailures) throw error;
      log.warn({ err: error, failures }, 'could not publish again; will try again');
      await pause(250 * 2 ** failures);
    }
  }
  return published;
}

function publisherOf(
  { leases }: SeizedShards,
  options: RepublishOptions,
  leaseMs: number,
  onPublished: (count: number) => void,
): PublisherOptions {
  const { pool, producer, topicPrefix } = options;
  return {
    journal: createReadAhead(pool),
    producer,
    topicPrefix,
    leases,
    republished: true,
    journalId: onceRead(() => readJournalId(pool)),
    batchSize: options.batchSize ?? 1_000,
    maxShardBytes: options.maxShardBytes ?? (() => MAX_SHARD_BYTES),
    sendTimeoutMs: options.sendTimeoutMs ?? 5_000,
    leaseMarginMs: leaseMs / 10,
    onPublished: (events) => onPublished(events.length),
  };
}

async function countEvents(pool: MysqlPool, shards: readonly OwnedShard[]): Promise<number> {
  let total = 0n;
  for (const { shard, position, untilPosition = position } of shards) {
    const { rows } = await pool.query(
      `SELECT COUNT(*) AS events FROM journal FORCE INDEX (journal_shard)
       WHERE shard = ? AND position > ? AND position <= ?`,
      [shard, position, untilPosition],
    );
    total += rows[0] ? bigintOf(rows[0], 'events') : 0n;
  }
  return Number(total);
}
