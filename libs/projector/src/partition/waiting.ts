import { recordedAtOf, type PartitionKey } from '@meridian/contracts';
import type { ReceivedBatch } from '@meridian/messaging';
import type { ProjectionObserver } from './observer.ts';

/** The first and the last message of a batch, and the end of its partition. Offsets are Kafka's. */
export interface BatchEdges {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  /** The offset that the partition's next message will get, as far as the fetch told. */
  readonly end: bigint;
  /** When its first and its last event were recorded. */
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** The edges of a batch. Undefined when the batch holds no message. */
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

/** Counts the messages that are in Kafka and not in the rows, also while a partition is halted. */
export interface Waiting {
  /**
   * Runs the work on a batch. The events of the batch count as waiting until the work resolves, and stay so when it
   * rejects. A batch may begin before the batch before it has ended. Batches end in their order.
   */
  whileApplied(key: PartitionKey, edges: BatchEdges, work: () => Promise<void>): Promise<void>;
  /** Kafka says at which offset a partition ends now. Counts for partitions of which a batch was seen. */
  endsAt(key: PartitionKey, end: bigint): void;
  /** Forgets all partitions: other processes may own them by now. */
  forget(): void;
}

interface Partition {
  /** The offset of the first message that is not applied. */
  next: bigint;
  end: bigint;
  /** When the oldest waiting event was recorded, or since when an event is known to wait. */
  since: Date | undefined;
  /** The number of batches that are being applied. */
  underWay: number;
}

/** Begins with no partition known. Tells the observer of every change. */
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
      // Other processes may own the partitions by now, and then they tell what waits.
      if (mine !== partitions) return;
      one.next = lastOffset + 1n;
      // The next event is later than this one. More is not known yet.
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
