import type { Message } from 'kafkajs';
import response from 'kafkajs/src/protocol/requests/fetch/v11/response.js';
import produce, { type ProduceArguments } from 'kafkajs/src/protocol/requests/produce/index.js';
import { OtherFormatError, readFetchResponse } from './fetch-response.ts';
import {
  writeProduceRequest,
  type ProducedMessage,
  type ProducedPartition,
  type ProduceOptions,
} from './produce-request.ts';
import { NO_COMPRESSION, ZSTD } from './record-batch.ts';
import { createSharedBatches } from './shared-batches.ts';

/** The batches that consumers of this process share, whatever client they have. */
export const sharedBatches = createSharedBatches();

const PRODUCE_VERSION = 7;

let isPatched = false;

/**
 * Has kafkajs 2.2.4 read what is fetched and write what is produced by the functions of this folder. For events with a
 * dozen headers, its own way takes six times as long to read and many times as long to write. What these functions do
 * not know is left to kafkajs. Safe to call often; affects this process only.
 */
export function patchWire(): void {
  if (isPatched) return;
  isPatched = true;
  const readByKafkajs = response.decode;
  response.decode = async (raw) => {
    try {
      return await readFetchResponse(raw, sharedBatches);
    } catch (error) {
      if (!(error instanceof OtherFormatError)) throw error;
      return readByKafkajs(raw);
    }
  };
  const protocolOf = produce.protocol;
  produce.protocol = ({ version }) => {
    const byKafkajs = protocolOf({ version });
    if (version !== PRODUCE_VERSION) return byKafkajs;
    return (given) => {
      const made = byKafkajs(given);
      const options = writable(given);
      if (!options) return made;
      return { ...made, request: { ...made.request, encode: () => encoded(options) } };
    };
  };
}

/** As kafkajs wants what was written. */
async function encoded(options: ProduceOptions): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }> {
  const buffer = await writeProduceRequest(options);
  return { buf: buffer, buffer };
}

/** What is to be produced, if it can be written here. */
function writable(given: ProduceArguments): ProduceOptions | undefined {
  const { acks, timeout, compression = NO_COMPRESSION, transactionalId, producerId, producerEpoch } = given;
  if (transactionalId || typeof producerId !== 'string' || producerEpoch === undefined) return undefined;
  if (compression !== NO_COMPRESSION && compression !== ZSTD) return undefined;
  const topicData: ProduceOptions['topicData'][number][] = [];
  for (const { topic, partitions } of given.topicData) {
    const written: ProducedPartition[] = [];
    for (const { partition, firstSequence = 0, messages } of partitions) {
      if (!messages.every(isPlain)) return undefined;
      written.push({ partition, firstSequence, messages });
    }
    topicData.push({ topic, partitions: written });
  }
  return { acks, timeout, compression, topicData, producerId: BigInt(producerId), producerEpoch };
}

/** Whether a message has no time of its own, and only texts in its headers. */
function isPlain(message: Message): message is Message & ProducedMessage {
  const { timestamp, headers = {} } = message;
  if (timestamp !== undefined) return false;
  for (const name in headers) if (typeof headers[name] !== 'string') return false;
  return true;
}
