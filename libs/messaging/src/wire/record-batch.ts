import { Bytes } from './bytes.ts';

/** A message of a fetched batch, in the shape of kafkajs. */
export interface FetchedRecord {
  readonly magicByte: number;
  readonly attributes: number;
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Texts, as CloudEvents has them. A name that comes more than once has all its values. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

/** What stands before the records of a batch. */
export interface BatchHeader {
  readonly codec: number;
  readonly records: number;
  readonly firstOffset: number;
  readonly firstTimestamp: number;
  /** The time of all records, where the broker sets it. */
  readonly appendedAt: number | undefined;
  readonly isControlBatch: boolean;
  readonly context: FetchedRecord['batchContext'];
}

/** The bytes of a batch before its records. */
export const HEADER_BYTES = 61;
/** The first offset of a batch and its length, which counts what comes after these. */
export const PREFIX_BYTES = 12;
/** The format of batches: Kafka's newest. */
export const MAGIC = 2;
const MAGIC_AT = 16;
/** The compressions of a batch that are known here, by their numbers in it. */
export const NO_COMPRESSION = 0;
export const ZSTD = 4;
const CODEC_MASK = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** Reads the header of a batch at the beginning of the bytes. Undefined when the batch has another format than Kafka's newest. */
export function readBatchHeader(batch: Buffer): BatchHeader | undefined {
  if (batch[MAGIC_AT] !== MAGIC) return undefined;
  const attributes = batch.readInt16BE(21);
  const maxTimestamp = Number(batch.readBigInt64BE(35));
  return {
    codec: attributes & CODEC_MASK,
    firstOffset: Number(batch.readBigInt64BE(0)),
    firstTimestamp: Number(batch.readBigInt64BE(27)),
    appendedAt: attributes & LOG_APPEND_TIME ? maxTimestamp : undefined,
    isControlBatch: (attributes & CONTROL) !== 0,
    context: {
      producerId: batch.readBigInt64BE(43).toString(),
      inTransaction: (attributes & TRANSACTIONAL) !== 0,
    },
    records: batch.readInt32BE(57),
  };
}

/** Reads the records of a batch, which begin at an index of these bytes. Keys and values share memory with the bytes. */
export function readRecords(header: BatchHeader, buffer: Buffer, at: number): readonly FetchedRecord[] {
  const bytes = new Bytes(buffer, at);
  const names: string[] = [];
  const records: FetchedRecord[] = [];
  for (let n = 0; n < header.records; n++) records.push(readRecord(header, bytes, names));
  return records;
}

function readRecord(header: BatchHeader, bytes: Bytes, names: string[]): FetchedRecord {
  const length = bytes.varint();
  const end = bytes.at + length;
  const attributes = bytes.int8();
  const timestamp = header.firstTimestamp + bytes.varint();
  const offset = header.firstOffset + bytes.varint();
  const record = {
    magicByte: MAGIC,
    attributes,
    offset: String(offset),
    timestamp: String(header.appendedAt ?? timestamp),
    key: bytes.varbytes(),
    value: bytes.varbytes(),
    headers: readHeaders(bytes, end, names),
    isControlRecord: header.isControlBatch,
    batchContext: header.context,
  };
  bytes.at = end;
  return record;
}

/**
 * Reads the headers of a record that ends at `end`. All of them are made one text, of which each is a piece: one call
 * instead of twenty. This needs one character per byte, so that places in the text are places in the bytes. Otherwise
 * each header is read by itself. `names` are those of the record before, whose order is mostly the same.
 */
function readHeaders(bytes: Bytes, end: number, names: string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const count = bytes.varint();
  if (count <= 0) return headers;
  const begin = bytes.at;
  const whole = bytes.buffer.toString('utf8', begin, end);
  const isBytewise = whole.length === end - begin;
  const next = (): string => {
    const length = Math.max(0, bytes.varint());
    const from = bytes.at;
    bytes.at += length;
    return isBytewise
      ? whole.slice(from - begin, bytes.at - begin)
      : bytes.buffer.toString('utf8', from, bytes.at);
  };
  for (let n = 0; n < count; n++) {
    let name = next();
    // A name of the record before is known to V8 already, which a new text is not.
    if (name === names[n]) name = names[n] ?? name;
    else names[n] = name;
    const value = next();
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}
