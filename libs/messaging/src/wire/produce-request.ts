import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
import { compress } from '../zstd.ts';
import { ByteWriter, varbytesSize, varintSize, varintText } from './byte-writer.ts';
import { MAGIC, NO_COMPRESSION } from './record-batch.ts';

/** What kafkajs' producer sends, as far as it is written here: no transaction, and no times of the messages' own. */
export interface ProduceOptions {
  readonly acks: number;
  readonly timeout: number;
  /** ZSTD: batches that are worth it are compressed; NO_COMPRESSION: none is. */
  readonly compression: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly ProducedPartition[];
  }[];
}

/** The messages for a partition, which make one batch. */
export interface ProducedPartition {
  readonly partition: number;
  readonly firstSequence: number;
  readonly messages: readonly ProducedMessage[];
}

/** A message whose time is that of its batch. */
export interface ProducedMessage {
  readonly key?: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

const NO_TRANSACTION = -1;
/** From here on, a checksum covers a batch. */
const CHECKED_FROM = 21;
/** Where a batch says how it is compressed. */
const ATTRIBUTES_AT = 21;
/** Below that, compression costs every reader more than it saves. A handful of events is as cheap to send as it is. */
export const WORTH_PACKING_BYTES = 8_192;

/** Writes a produce request of version 7, as kafkajs does, at a part of its cost. All batches have the same time. */
export async function writeProduceRequest(options: ProduceOptions, nowMs = Date.now()): Promise<Buffer> {
  const { acks, timeout, topicData } = options;
  const writer = new ByteWriter();
  writer.int16(NO_TRANSACTION);
  writer.int16(acks);
  writer.int32(timeout);
  writer.int32(topicData.length);
  for (const { topic, partitions } of topicData) {
    writer.text(topic);
    writer.int32(partitions.length);
    for (const one of partitions) {
      writer.int32(one.partition);
      const sizeAt = writer.reserve(4);
      await writeBatch(writer, options, one, nowMs);
      writer.int32At(sizeAt, writer.at - sizeAt - 4);
    }
  }
  return writer.written();
}

async function writeBatch(
  writer: ByteWriter,
  { compression, producerId, producerEpoch }: ProduceOptions,
  { firstSequence, messages }: ProducedPartition,
  nowMs: number,
): Promise<void> {
  const start = writer.at;
  writer.int64(0n);
  const lengthAt = writer.reserve(4);
  writer.int32(0);
  writer.int8(MAGIC);
  const checksumAt = writer.reserve(4);
  writer.int16(0);
  writer.int32(messages.length - 1);
  writer.int64(BigInt(nowMs));
  writer.int64(BigInt(nowMs));
  writer.int64(producerId);
  writer.int16(producerEpoch);
  writer.int32(firstSequence);
  writer.int32(messages.length);
  const recordsAt = writer.at;
  writeRecords(writer, messages);
  if (compression !== NO_COMPRESSION && writer.at - recordsAt >= WORTH_PACKING_BYTES) {
    const packed = await compress(Buffer.from(writer.written().subarray(recordsAt)));
    writer.at = recordsAt;
    writer.bytes(packed);
    writer.int16At(start + ATTRIBUTES_AT, compression);
  }
  writer.int32At(lengthAt, writer.at - lengthAt - 4);
  writer.int32At(checksumAt, crc32C(writer.written().subarray(start + CHECKED_FROM)));
}

function writeRecords(writer: ByteWriter, messages: readonly ProducedMessage[]): void {
  for (const [index, { key = null, value, headers = {} }] of messages.entries()) {
    const text = headersText(headers);
    // Attributes and the difference in time are 0, a byte each.
    const size = 2 + varintSize(index) + varbytesSize(key) + varbytesSize(value) + text.length;
    writer.varint(size);
    writer.int16(0);
    writer.varint(index);
    writer.varbytes(key);
    writer.varbytes(value);
    writer.latin1(text);
  }
}

/** The number of headers, and all of them, with a character for each byte: they are written by one call instead of twenty. */
function headersText(headers: Readonly<Record<string, string>>): string {
  let count = 0;
  let text = '';
  for (const name in headers) {
    text += nameText(name) + sizedText(headers[name] ?? '');
    count += 1;
  }
  return varintText(count) + text;
}

/** The names of headers, as they are written. There are few, and they are the same in each message. */
const knownNames = new Map<string, string>();
const MAX_KNOWN_NAMES = 100;

function nameText(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const text = sizedText(name);
  if (knownNames.size < MAX_KNOWN_NAMES) knownNames.set(name, text);
  return text;
}

/** A text with its length before it, as a character for each of its bytes. */
function sizedText(text: string): string {
  const size = Buffer.byteLength(text);
  const bytes = size === text.length ? text : Buffer.from(text).toString('latin1');
  return varintText(size) + bytes;
}
