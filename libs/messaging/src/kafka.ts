import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs, { type Kafka, type LogEntry } from 'kafkajs';
import { silentLog, type Log } from './log.ts';
import { patchRequestQueue } from './request-queue-patch.ts';

/** Where Kafka is, and who asks. */
export interface KafkaOptions {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log?: Log;
}

/** A handle on a Kafka cluster; connects on first use. */
export type KafkaHandle = Kafka;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/**
 * Prepares a client of a Kafka cluster: with kafkajs' timer bug corrected and ZSTD registered. Nothing is connected yet.
 * A cold coordinator's errors are retried.
 */
export function connectKafka({ brokers, clientId, log = silentLog }: KafkaOptions): KafkaHandle {
  patchRequestQueue();
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer),
    decompress: (buffer: Buffer) => decompress(buffer),
  });
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 10 },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => (entry) => forward(log, entry),
  });
}

function forward(log: Log, { level, log: { message, ...fields } }: LogEntry): void {
  const { timestamp: _timestamp, logger: _logger, stack: _stack, ...rest } = fields;
  if (level <= kafkajs.logLevel.ERROR) log.error(rest, `kafka: ${message}`);
  else log.warn(rest, `kafka: ${message}`);
}
