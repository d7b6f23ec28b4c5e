import fc from 'fast-check';
import kafkajs, { type Message } from 'kafkajs';
import fetch from 'kafkajs/src/protocol/requests/fetch/index.js';
import response from 'kafkajs/src/protocol/requests/fetch/v11/response.js';
import produce from 'kafkajs/src/protocol/requests/produce/index.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { newClient } from '../kafka-client.ts';
import { readFetchResponse, OtherFormatError } from './fetch-response.ts';
import { createSharedBatches } from './shared-batches.ts';

const readByKafkajs = response.decode;
const protocolOfKafkajs = produce.protocol;
const { GZIP, None, ZSTD } = kafkajs.CompressionTypes;

beforeAll(() => void newClient({ brokers: ['127.0.0.1:1'], clientId: 'test' }));

/** A batch as kafkajs makes it. */
async function batchOf(messages: readonly Message[], compression = None, firstOffset = 0n): Promise<Buffer> {
  const partitions = [{ partition: 0, firstSequence: 0, messages }];
  const topicData = [{ topic: 't', partitions }];
  const given = { acks: -1, timeout: 1_000, producerId: '7', producerEpoch: 0, compression, topicData };
  const { buffer } = await protocolOfKafkajs({ version: 7 })(given).request.encode();
  const batch = Buffer.from(buffer.subarray(2 + 2 + 4 + 4 + 3 + 4 + 4 + 4));
  batch.writeBigInt64BE(firstOffset);
  return batch;
}

interface Answered {
  readonly partition: number;
  readonly records: Buffer;
}

/** An answer about one topic, as a broker writes it. */
function answer(partitions: readonly Answered[]): Buffer {
  const int16 = (value: number) => Buffer.from(Int16Array.of(value).buffer).swap16();
  const int32 = (value: number) => Buffer.from(Int32Array.of(value).buffer).swap32();
  const int64 = (value: bigint) => Buffer.from(BigInt64Array.of(value).buffer).swap64();
  const answered = partitions.flatMap(({ partition, records }) => [
    // Its number, no error, the end of the log, the last stable offset, the oldest offset.
    Buffer.concat([int32(partition), int16(0), int64(40n), int64(40n), int64(2n)]),
    // One transaction that was aborted, and no replica nearby.
    Buffer.concat([int32(1), int64(8n), int64(12n), int32(-1)]),
    Buffer.concat([int32(records.length), records]),
  ]);
  const head = [int32(0), int16(0), int32(9), int32(1), int16(1), Buffer.from('t'), int32(partitions.length)];
  return Buffer.concat([...head, ...answered]);
}

const text = () => fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 40 }));
/** Not `valueOf` and the like: kafkajs takes what every object has for a header that came before. */
const name = () => text().filter((one) => !(one in {}));
const bytes = () => fc.uint8Array({ maxLength: 200 }).map((given) => Buffer.from(given));
const message = fc.record({
  key: fc.option(bytes()),
  value: fc.option(bytes()),
  headers: fc.dictionary(name(), fc.oneof(text(), fc.array(text(), { minLength: 2, maxLength: 3 })), {
    maxKeys: 12,
  }),
});

/** What kafkajs reads, with texts in the headers. */
function withTexts(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, one: unknown) => {
    if (key !== 'headers' || typeof one !== 'object' || one === null) return one;
    return JSON.parse(JSON.stringify(one), (_key, inner: unknown) => bufferText(inner) ?? inner);
  });
}

function bufferText(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('data' in value))
    return undefined;
  return Array.isArray(value.data) ? Buffer.from(value.data).toString() : undefined;
}

/** The parts of a record that this system uses. */
const asUsed = (value: unknown) =>
  JSON.parse(JSON.stringify(value), (key, one: unknown) => (key === 'batchContext' ? context(one) : one));

function context(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { producerId, inTransaction } = { producerId: '', inTransaction: false, ...value };
  return { producerId, inTransaction };
}

describe('readFetchResponse', () => {
  it('reads the same as kafkajs, whatever the messages and their compression', async () => {
    const partition = fc.record({
      batches: fc.array(fc.array(message, { minLength: 1, maxLength: 4 }), { maxLength: 3 }),
      compression: fc.constantFrom(None, ZSTD),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(partition, { minLength: 1, maxLength: 3 }), async (given) => {
        const partitions = given.map(async ({ batches, compression }, index) => {
          const records = batches.map((one, n) => batchOf(one, compression, BigInt(10 * n)));
          return { partition: index, records: Buffer.concat(await Promise.all(records)) };
        });
        const raw = answer(await Promise.all(partitions));
        const found = await readFetchResponse(raw, createSharedBatches());
        expect(asUsed(found)).toEqual(asUsed(withTexts(await readByKafkajs(raw))));
      }),
      { numRuns: 40 },
    );
  });

  it('leaves out a last batch that is cut off', async () => {
    const [whole, cut] = await Promise.all([batchOf([{ value: 'a' }]), batchOf([{ value: 'b' }])]);
    for (const length of [10, 61, cut.length - 1]) {
      const records = Buffer.concat([whole, cut.subarray(0, length)]);
      const { responses } = await readFetchResponse(
        answer([{ partition: 0, records }]),
        createSharedBatches(),
      );
      expect(responses[0]?.partitions[0]?.messages.map(({ value }) => value?.toString())).toEqual(['a']);
    }
  });

  it('takes the time of the log where the broker sets it', async () => {
    const records = await batchOf([
      { value: 'a', timestamp: '5' },
      { value: 'b', timestamp: '9' },
    ]);
    records.writeInt16BE(0x08, 21);
    const { responses } = await readFetchResponse(answer([{ partition: 0, records }]), createSharedBatches());
    expect(responses[0]?.partitions[0]?.messages.map(({ timestamp }) => timestamp)).toEqual(['9', '9']);
  });

  it('does not read another compression', async () => {
    const records = await batchOf([{ value: 'a' }], GZIP);
    const raw = answer([{ partition: 0, records }]);
    await expect(readFetchResponse(raw, createSharedBatches())).rejects.toThrow(OtherFormatError);
  });
});

describe('patchWire', () => {
  it('covers the newest versions that kafkajs knows', () => {
    expect(fetch.versions.map(Number).sort((a, b) => b - a)[0]).toBe(11);
    expect(produce.versions.map(Number).sort((a, b) => b - a)[0]).toBe(7);
  });

  it('has kafkajs read in our way, and in its own what we do not know', async () => {
    expect(response.decode).not.toBe(readByKafkajs);
    const records = Buffer.concat([await batchOf([{ value: 'a' }], GZIP), await batchOf([{ value: 'b' }])]);
    const raw = answer([{ partition: 0, records }]);
    expect(await response.decode(raw)).toEqual(await readByKafkajs(raw));
  });
});
