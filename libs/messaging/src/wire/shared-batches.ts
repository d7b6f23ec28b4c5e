import { HEADER_BYTES, type FetchedRecord } from './record-batch.ts';

/** Batches that several consumers of this process read, each decoded once. */
export interface SharedBatches {
  /** A consumer begins to read these topics; the function that is given says that it reads them no more. */
  readBy(topics: readonly string[]): () => void;
  /** Whether batches of a topic are worth keeping: another consumer of this process reads them, too. */
  areShared(topic: string): boolean;
  /** The records of exactly this batch, if they are kept. */
  take(topic: string, partition: number, batch: Buffer): readonly FetchedRecord[] | undefined;
  /** Keeps the records of a batch for the other consumers. */
  keep(topic: string, partition: number, batch: Buffer, records: readonly FetchedRecord[]): void;
}

interface Kept {
  /** The batch's header: its first offset, length, checksum, producer and times. */
  readonly header: Buffer;
  readonly records: readonly FetchedRecord[];
  readonly bytes: number;
  /** How many consumers may still ask. */
  left: number;
}

/** Of the batches as they were fetched. What is made of them takes some three times as much. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * A batch is kept until each consumer of its topic has read it, or until newer ones need the room.
 * So consumers that are far apart decode by themselves. A batch is the same when its whole header is, with the
 * checksum of all that follows. So nothing need be forgotten when partitions move or a topic is made anew.
 */
export function createSharedBatches(maxBytes = MAX_BYTES): SharedBatches {
  const readers = new Map<string, number>();
  // A map gives its entries in the order in which they were put in.
  const kept = new Map<string, Kept>();
  let bytes = 0;
  const keyOf = (topic: string, partition: number, batch: Buffer) =>
    `${topic}/${partition}/${batch.readBigInt64BE(0)}`;
  const readersOf = (topic: string) => readers.get(topic) ?? 0;

  function forget(key: string, one: Kept): void {
    kept.delete(key);
    bytes -= one.bytes;
  }

  return {
    readBy(topics) {
      for (const topic of topics) readers.set(topic, readersOf(topic) + 1);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        for (const topic of topics) readers.set(topic, readersOf(topic) - 1);
      };
    },
    areShared: (topic) => readersOf(topic) > 1,
    take(topic, partition, batch) {
      const key = keyOf(topic, partition, batch);
      const one = kept.get(key);
      if (!one?.header.equals(batch.subarray(0, HEADER_BYTES))) return undefined;
      one.left -= 1;
      if (one.left <= 0) forget(key, one);
      return one.records;
    },
    keep(topic, partition, batch, records) {
      const key = keyOf(topic, partition, batch);
      const before = kept.get(key);
      if (before) forget(key, before);
      const header = Buffer.from(batch.subarray(0, HEADER_BYTES));
      kept.set(key, { header, records, bytes: batch.length, left: readersOf(topic) - 1 });
      bytes += batch.length;
      for (const [oldest, one] of kept) {
        if (bytes <= maxBytes) break;
        forget(oldest, one);
      }
    },
  };
}
