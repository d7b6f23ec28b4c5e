import { fromMessage } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka } from '@meridian/messaging';
import type kafkajs from 'kafkajs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connectBare, EACH_QUORUM } from './bare-cassandra.ts';
import { serve } from './serve.ts';

/**
 * The middle of the bare chain. Consumes a topic and writes one row per event at once, at the same consistency level as
 * ours. Sends the key of each written row to every connected client. Answers with the port to connect to.
 */
const client = await connectBare(process.env['BENCH_CASSANDRA'] ?? '', process.env['BENCH_REGION'] ?? '');
const table = process.env['BENCH_TABLE'] ?? '';
const topic = process.env['BENCH_TOPIC'] ?? '';
const INSERT = `INSERT INTO ${table} (order_id, version, type, position, recorded_at, payload) VALUES (?, ?, ?, ?, ?, ?)`;

const readers = new Set<Socket>();
const server = createServer((reader) => {
  reader.setNoDelay(true);
  readers.add(reader);
  reader.once('close', () => readers.delete(reader));
  reader.once('error', () => reader.destroy());
});
const port = await new Promise<number>((resolve) => {
  server.listen(0, '127.0.0.1', () => resolve(portOf(server.address())));
});

function portOf(address: AddressInfo | string | null): number {
  if (typeof address !== 'object' || !address) throw new Error('the server has no port');
  return address.port;
}

async function project(partition: number, { headers, value }: kafkajs.KafkaMessage): Promise<void> {
  const event = fromMessage({ partition, headers: headers ?? {}, value });
  const { aggregateId, version, type, position, time, payload } = event;
  const row = [aggregateId, version, type, position, time, Buffer.from(payload)];
  await client.execute(INSERT, row, EACH_QUORUM);
  for (const reader of readers) reader.write(`${aggregateId}\n`);
}

const kafka = connectKafka({
  brokers: (process.env['BENCH_BROKERS'] ?? '').split(','),
  clientId: 'bench-raw-projector',
});
const consumer = kafka.consumer({
  groupId: `${topic}.projector`,
  allowAutoTopicCreation: false,
  minBytes: 1,
});
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
// No offsets are committed: the topic is read once, from its beginning.
await consumer.run({
  autoCommit: false,
  partitionsConsumedConcurrently: SHARD_COUNT,
  async eachBatch({ batch: { partition, messages } }) {
    await Promise.all(messages.map((message) => project(partition, message)));
  },
});

serve(
  async () => port,
  async () => {
    await consumer.disconnect();
    await client.shutdown();
  },
);
