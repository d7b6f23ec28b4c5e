import { decompress } from '../zstd.ts';
import { Bytes } from './bytes.ts';
import {
  HEADER_BYTES,
  NO_COMPRESSION,
  PREFIX_BYTES,
  readBatchHeader,
  readRecords,
  ZSTD,
  type FetchedRecord,
} from './record-batch.ts';
import type { SharedBatches } from './shared-batches.ts';

/** What a broker answers to a fetch of version 11, in the shape of kafkajs. */
export interface FetchResponse {
  /** 0: the broker leaves it to the client to wait (KIP-219). */
  readonly throttleTime: 0;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartition[];
  }[];
}

/** What is fetched of a partition. */
export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly lastStartOffset: string;
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
  readonly preferredReadReplica: number;
  readonly messages: readonly FetchedRecord[];
}

/** The response has something that only kafkajs itself reads: an old format of messages, or another compression. */
export class OtherFormatError extends Error {
  override readonly name = 'OtherFormatError';
}

/**
 * Reads the answer of a fetch, as kafkajs does, at a part of its cost. Records of a topic that several consumers read
 * are taken from `shared`: nobody may change them. Rejects with OtherFormatError when kafkajs has to read it.
 */
export async function readFetchResponse(raw: Buffer, shared: SharedBatches): Promise<FetchResponse> {
  const bytes = new Bytes(raw);
  const clientSideThrottleTime = bytes.int32();
  const errorCode = bytes.int16();
  const sessionId = bytes.int32();
  const responses: FetchResponse['responses'][number][] = [];
  for (let topics = bytes.int32(); topics > 0; topics--) {
    const topicName = bytes.text();
    const partitions: FetchedPartition[] = [];
    for (let left = bytes.int32(); left > 0; left--) {
      const { recordSet, ...about } = readPartition(bytes);
      const messages = recordSet ? await readBatches(recordSet, topicName, about.partition, shared) : [];
      partitions.push({ ...about, messages });
    }
    responses.push({ topicName, partitions });
  }
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

function readPartition(
  bytes: Bytes,
): Omit<FetchedPartition, 'messages'> & { readonly recordSet: Buffer | undefined } {
  const about = {
    partition: bytes.int32(),
    errorCode: bytes.int16(),
    highWatermark: bytes.int64().toString(),
    lastStableOffset: bytes.int64().toString(),
    lastStartOffset: bytes.int64().toString(),
  };
  const abortedTransactions: { readonly producerId: string; readonly firstOffset: string }[] = [];
  for (let left = bytes.int32(); left > 0; left--)
    abortedTransactions.push({
      producerId: bytes.int64().toString(),
      firstOffset: bytes.int64().toString(),
    });
  const preferredReadReplica = bytes.int32();
  const size = bytes.int32();
  const recordSet = size > 0 ? bytes.buffer.subarray(bytes.at, bytes.at + size) : undefined;
  bytes.at += Math.max(0, size);
  return { ...about, abortedTransactions, preferredReadReplica, recordSet };
}

/** The last batch of an answer may be cut off: it comes again, whole. */
async function readBatches(
  recordSet: Buffer,
  topic: string,
  partition: number,
  shared: SharedBatches,
): Promise<readonly FetchedRecord[]> {
  const pieces: (readonly FetchedRecord[])[] = [];
  for (let at = 0; at + HEADER_BYTES <= recordSet.length;) {
    const end = at + PREFIX_BYTES + recordSet.readInt32BE(at + PREFIX_BYTES - 4);
    if (end > recordSet.length) break;
    const batch = recordSet.subarray(at, end);
    pieces.push(await readSharedBatch(batch, topic, partition, shared));
    at = end;
  }
  const [only = []] = pieces;
  return pieces.length <= 1 ? only : pieces.flat();
}

async function readSharedBatch(
  batch: Buffer,
  topic: string,
  partition: number,
  shared: SharedBatches,
): Promise<readonly FetchedRecord[]> {
  if (!shared.areShared(topic)) return readBatch(batch);
  const known = shared.take(topic, partition, batch);
  if (known) return known;
  // A copy: what is kept must not keep the whole answer in memory.
  const records = await readBatch(Buffer.from(batch));
  shared.keep(topic, partition, batch, records);
  return records;
}

async function readBatch(batch: Buffer): Promise<readonly FetchedRecord[]> {
  const header = readBatchHeader(batch);
  if (header?.codec === NO_COMPRESSION) return readRecords(header, batch, HEADER_BYTES);
  if (header?.codec !== ZSTD) throw new OtherFormatError('a batch of another format or compression');
  return readRecords(header, await decompress(batch.subarray(HEADER_BYTES)), 0);
}
