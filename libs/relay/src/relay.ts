import type { EventEnvelope } from '@meridian/contracts';
import type { EventProducer } from '@meridian/messaging';
import type { MysqlPool } from '@meridian/mysql';
import { readJournalId, type CommittedEvents } from '@meridian/write-store';
import { randomUUID } from 'node:crypto';
import { MAX_SHARD_BYTES } from './batch.ts';
import { createCursorMoves } from './cursor-moves.ts';
import { createJournalTail, type JournalTail } from './journal-tail.ts';
import { createLeaseLoop } from './lease-loop.ts';
import { Leases, type PublishingLeases } from './leases.ts';
import type { Log } from './log.ts';
import { onceRead } from './once-read.ts';
import { PublishLoop } from './publish-loop.ts';
import type { PublisherOptions } from './publisher.ts';
import { createReadAhead } from './read-ahead.ts';

/** What a relay needs, and its bounds. */
export interface RelayOptions {
  readonly pool: MysqlPool;
  readonly producer: EventProducer;
  readonly topicPrefix: string;
  /** The replica's name, for people; what owns leases is this name and a part that is new with every start. */
  readonly replica: string;
  /** How long a shard stays with a replica that has died. */
  readonly leaseMs?: number;
  /** How often leases are renewed; at most a third of leaseMs, so that one lost renewal does no harm. */
  readonly renewEveryMs?: number;
  /** Events in one send at most. */
  readonly batchSize?: number;
  /** Bytes of one shard in one send at most, and in one read; a larger event goes alone. */
  readonly maxShardBytes?: () => number;
  /** How often to look without having been woken. */
  readonly pollMs?: number;
  /** How long a send may take; ended earlier when a lease ends. */
  readonly sendTimeoutMs?: number;
  /** How long before its lease every send ends. */
  readonly leaseMarginMs?: number;
  /** How long `stop` goes on publishing what is committed. */
  readonly drainMs?: number;
  readonly log: Log;
  /** Whether nothing may be published now; asked before each send. */
  readonly isHeld?: () => boolean;
  /** Told when shards were taken. */
  readonly onTaken?: () => void;
  /** Told of events after Kafka has acknowledged them. */
  readonly onPublished?: (events: readonly EventEnvelope[]) => void;
  /** Told when a topic takes less than was sent to it: its limit may have changed. */
  readonly onTooLarge?: () => void;
}

/** What a relay does now. */
export interface RelayStatus {
  /** The name that its leases are under. */
  readonly owner: string;
  readonly liveReplicas: readonly string[];
  readonly shards: readonly {
    readonly shard: number;
    readonly epoch: bigint;
    /** All events of the shard up to here are in Kafka. */
    readonly position: bigint;
    readonly leaseLeftMs: number;
    /** How often in a row it could not be published. */
    readonly failures: number;
    /** The event that it stands still at, because its topic does not take it. */
    readonly blockedBy:
      { readonly topic: string; readonly position: bigint; readonly bytes: number } | undefined;
  }[];
}

/** Publishes the journal to Kafka: every committed event at least once, each shard in order, by one replica at a time. */
export interface Relay {
  /** Takes shards and begins to publish. */
  start(): void;
  /**
   * Hands over what this process has committed, to be published without being read again where nothing can be between.
   * Shards of other replicas are passed over. What is not handed over is found all the same, within pollMs.
   */
  committed(committed: CommittedEvents): void;
  /** Publishes what is committed, as long as that is quick, and gives its shards to the others. */
  stop(): Promise<void>;
  status(): RelayStatus;
}

/** Makes a relay; it does nothing before `start`. */
export function createRelay(options: RelayOptions): Relay {
  const { pool, replica, log, leaseMs = 10_000, pollMs = 500, drainMs = 5_000 } = options;
  const owner = `${replica.slice(0, 80)}#${randomUUID()}`;
  const leases = new Leases({ pool, owner, leaseMs });
  const cursors = createCursorMoves(leases);
  const journal = createJournalTail(createReadAhead(pool));
  const loop = new PublishLoop({
    leases,
    cursors,
    publisher: publisherOptions(options, journal, cursors, leaseMs),
    doubt: (shards) => journal.doubt(shards),
    pollMs,
    log,
    ...(options.isHeld ? { isHeld: options.isHeld } : {}),
    onTooLarge: options.onTooLarge,
  });
  const leaseLoop = createLeaseLoop({
    leases,
    renewEveryMs: Math.min(options.renewEveryMs ?? leaseMs / 4, leaseMs / 3),
    log,
    onTaken(shards) {
      if (shards.length > 0) options.onTaken?.();
      loop.lookAt(shards);
    },
    onLost: (shards) => loop.drop(shards),
  });
  let work: Promise<unknown> = Promise.resolve();

  return {
    start() {
      work = Promise.all([leaseLoop.run(), loop.run()]);
    },
    committed: (committed) => loop.lookAt(journal.committed(committed, leases.owned())),
    async stop() {
      leaseLoop.stop();
      loop.stop();
      await work;
      await loop.drain(drainMs);
      await cursors.settle();
      try {
        await leases.leave();
      } catch (error) {
        log.warn({ err: error }, 'leases were not released; they will end by themselves');
      }
    },
    status: () => ({
      owner,
      liveReplicas: leases.liveReplicas(),
      shards: leases.owned().map((shard) => ({
        shard: shard.shard,
        epoch: shard.epoch,
        position: shard.position,
        leaseLeftMs: leases.leaseLeftMs(shard),
        failures: loop.failures(shard),
        blockedBy: loop.blockedBy(shard),
      })),
    }),
  };
}

function publisherOptions(
  options: RelayOptions,
  journal: JournalTail,
  leases: PublishingLeases,
  leaseMs: number,
): PublisherOptions {
  const { pool, producer, topicPrefix, onPublished } = options;
  return {
    journal,
    producer,
    leases,
    topicPrefix,
    journalId: onceRead(() => readJournalId(pool)),
    onPublished,
    batchSize: options.batchSize ?? 1_000,
    maxShardBytes: options.maxShardBytes ?? (() => MAX_SHARD_BYTES),
    sendTimeoutMs: options.sendTimeoutMs ?? 5_000,
    leaseMarginMs: options.leaseMarginMs ?? leaseMs / 10,
  };
}
