import { recordedAtOf, type PartitionKey } from '@meridian/contracts';
import type { ReceivedBatch } from '@meridian/messaging';
import type { ProjectionObserver } from './observer.ts';

/** What a batch says of its partition. Offsets are Kafka's. */
export interface BatchEdges {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  /** The offset that the partition's next message will get, as far as the fetch told. */
  readonly end: bigint;
  /** When its first and its last event were recorded. */
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** What a batch says; undefined when it holds no message. */
export function edgesOf({ messages, highWatermark }: ReceivedBatch): BatchEdges | undefined {
  const [first, last] = [messages[0], messages.at(-1)];
  if (!first || !last) return undefined;
  return {
    firstOffset: BigInt(first.offset),
    lastOffset: BigInt(last.offset),
    end: BigInt(highWatermark),
    firstAt: recordedAtOf(first.headers) ?? new Date(),
    lastAt: recordedAtOf(last.headers) ?? new Date(),
  };
}

/** Knows what is in Kafka and not in the rows, while it is applied and while it cannot be. */
export interface Waiting {
  /**
   * Works on a batch: its events wait until the work resolves, and go on waiting when it rejects. A batch may begin before the
   * one before it has ended; they end in their order.
   */
  whileApplied(key: PartitionKey, edges: BatchEdges, work: () => Promise<void>): Promise<void>;
  /** Kafka says where a partition ends now; for those of which a batch was seen. */
  endsAt(key: PartitionKey, end: bigint): void;
  /** The partitions may be another process' by now. */
  forget(): void;
}

interface Partition {
  /** The offset of the first message that is not applied. */
  next: bigint;
  end: bigint;
  /** When the oldest event was recorded that waits, or since when one is known to wait. */
  since: Date | undefined;
  /** How many batches are worked on. */
  underWay: number;
}

/** Makes it; tells the observer of every change. */
export function createWaiting(observer: ProjectionObserver | undefined, now = () => new Date()): Waiting {
  let partitions = new Map<PartitionKey, Partition>();

  function tell(key: PartitionKey, one: Partition): void {
    const messages = one.end > one.next ? one.end - one.next : 0n;
    if (messages === 0n) one.since = undefined;
    observer?.lag?.(key, messages);
    observer?.waitsSince?.(key, one.since);
  }

  return {
    async whileApplied(key, { firstOffset, lastOffset, end, firstAt, lastAt }, work) {
      const mine = partitions;
      const one = mine.get(key) ?? { next: firstOffset, end, since: firstAt, underWay: 0 };
      mine.set(key, one);
      if (one.underWay === 0) {
        one.next = firstOffset;
        one.since = firstAt;
      }
      if (end > one.end) one.end = end;
      tell(key, one);
      one.underWay += 1;
      try {
        await work();
      } finally {
        one.underWay -= 1;
      }
      // What ended after the partitions were taken away is told by whoever owns them.
      if (mine !== partitions) return;
      one.next = lastOffset + 1n;
      // The next event is a later one, of which nothing more is known yet.
      one.since = lastAt;
      tell(key, one);
    },
    endsAt(key, end) {
      const one = partitions.get(key);
      if (!one || end <= one.end) return;
      one.end = end;
      one.since ??= now();
      tell(key, one);
    },
    forget() {
      partitions = new Map();
    },
  };
}
