import fc from 'fast-check';
import kafkajs, { type Message } from 'kafkajs';
import produce, { type ProduceArguments } from 'kafkajs/src/protocol/requests/produce/index.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newClient } from '../kafka-client.ts';
import { decompress } from '../zstd.ts';
import { HEADER_BYTES, readBatchHeader, readRecords } from './record-batch.ts';
import { WORTH_PACKING_BYTES, writeProduceRequest, type ProducedMessage } from './produce-request.ts';

const protocolOfKafkajs = produce.protocol;

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

const IDEMPOTENT = { acks: -1, timeout: 30_000, producerId: '123456789012', producerEpoch: 3 };
const text = () => fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 40 }));
const bytes = () => fc.uint8Array({ maxLength: 300 }).map((given) => Buffer.from(given));

const messages = fc.array(
  fc.record<ProducedMessage>({
    key: fc.option(text()),
    value: fc.option(bytes()),
    headers: fc.dictionary(text(), text(), { maxKeys: 12 }),
  }),
  { minLength: 1, maxLength: 5 },
);

const requestOf = (given: readonly ProducedMessage[], compression: number) => {
  const partitions = [2, 11].map((partition) => ({ partition, firstSequence: 70_000, messages: given }));
  return { ...IDEMPOTENT, compression, topicData: [{ topic: 'a.events', partitions }] };
};

async function byKafkajs(request: ProduceArguments): Promise<Buffer> {
  const { buffer } = await protocolOfKafkajs({ version: 7 })(request).request.encode();
  return buffer;
}

describe('writeProduceRequest', () => {
  it('writes the same bytes as kafkajs', async () => {
    await fc.assert(
      fc.asyncProperty(messages, async (given) => {
        const request = requestOf(given, kafkajs.CompressionTypes.None);
        const written = await writeProduceRequest({ ...request, producerId: BigInt(request.producerId) });
        const messagesOfKafkajs = given.map((one): Message => ({ ...one, value: one.value }));
        const partitions = request.topicData.map(({ topic }) => ({
          topic,
          partitions: [2, 11].map((partition) => ({
            partition,
            firstSequence: 70_000,
            messages: messagesOfKafkajs,
          })),
        }));
        expect(written.equals(await byKafkajs({ ...request, topicData: partitions }))).toBe(true);
      }),
    );
  });

  it('loses nothing wherever its buffer has to grow', async () => {
    for (let length = 3_500; length < 4_100; length++) {
      const given = ['first', 'second'].map((key) => ({
        key,
        value: Buffer.alloc(length, key),
        headers: { one: '1', long: 'x'.repeat(70) },
      }));
      const request = requestOf(given, kafkajs.CompressionTypes.None);
      const written = await writeProduceRequest({ ...request, producerId: BigInt(request.producerId) });
      expect(written.equals(await byKafkajs(request)), `values of ${length} bytes`).toBe(true);
    }
  });

  it('packs a batch that is worth it, and leaves the smaller one beside it as it is', async () => {
    const large = { key: 'k', value: Buffer.alloc(WORTH_PACKING_BYTES), headers: { name: 'large' } };
    const small = { key: 'k', value: Buffer.from('small'), headers: { name: 'small' } };
    const of = (message: ProducedMessage, partition: number) => ({
      partition,
      firstSequence: 0,
      messages: [message],
    });
    const written = await writeProduceRequest({
      ...IDEMPOTENT,
      producerId: 1n,
      compression: kafkajs.CompressionTypes.ZSTD,
      topicData: [{ topic: 't', partitions: [of(large, 0), of(small, 1)] }],
    });
    const [first, second] = batchesOf(written);
    expect(await readBack(first)).toMatchObject({ codec: 4, records: [{ headers: { name: 'large' } }] });
    expect(await readBack(second)).toMatchObject({ codec: 0, records: [{ headers: { name: 'small' } }] });
    expect(first?.length).toBeLessThan(200);
  });
});

describe('patchWire', () => {
  it('writes what a producer sends, and leaves to kafkajs what it does not know', async () => {
    newClient({ brokers: ['127.0.0.1:1'], clientId: 'test' });
    const encode = (more: Partial<ProduceArguments>, message: Message) =>
      produce
        .protocol({ version: 7 })({
          ...IDEMPOTENT,
          ...more,
          topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages: [message] }] }],
        })
        .request.encode();
    const constructorOf = async (...given: Parameters<typeof encode>) =>
      Object.getPrototypeOf(await encode(...given)).constructor.name;
    const value = Buffer.from('v');
    expect(await constructorOf({}, { value })).toBe('Object');
    expect(await constructorOf({}, { value, timestamp: '5' })).toBe('Encoder');
    expect(await constructorOf({}, { value, headers: { a: value } })).toBe('Encoder');
    expect(await constructorOf({ compression: kafkajs.CompressionTypes.GZIP }, { value })).toBe('Encoder');
    expect(await constructorOf({ producerId: undefined }, { value })).toBe('Encoder');
    expect(await constructorOf({ transactionalId: 'one' }, { value })).toBe('Encoder');
  });
});

/** The batches of a request for one topic, whose name has one letter. */
function batchesOf(request: Buffer): readonly Buffer[] {
  const batches: Buffer[] = [];
  let at = 2 + 2 + 4 + 4 + 3 + 4;
  while (at < request.length) {
    const size = request.readInt32BE(at + 4);
    batches.push(request.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  return batches;
}

async function readBack(batch: Buffer | undefined) {
  const header = batch && readBatchHeader(batch);
  if (!batch || !header) throw new Error('not a batch');
  const body = batch.subarray(HEADER_BYTES);
  const records = readRecords(header, header.codec === 0 ? body : await decompress(body), 0);
  return { codec: header.codec, records };
}
