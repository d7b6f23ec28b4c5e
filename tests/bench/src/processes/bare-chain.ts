import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { encodeEvent, isEventType, toMessage } from '@meridian/contracts';
import { newId } from '@meridian/kernel';
import { connectKafka } from '@meridian/messaging';
import kafkajs from 'kafkajs';
import { connectBare, LOCAL_QUORUM } from './bare-cassandra.ts';
import { placedOrder } from './order-events.ts';

/** The ends of the bare chain that a probe has: it produces an event, and reads the event's row. */
export interface BareChain {
  /** How long it took from the call that produced an event until its row was read, in ms. */
  seen(): Promise<number>;
  close(): Promise<void>;
}

/** Connects to what BENCH_CASSANDRA, BENCH_BROKERS and the other variables name. */
export async function connectBareChain(variable: (name: string) => string): Promise<BareChain> {
  const store = await connectBare(variable('BENCH_CASSANDRA'), variable('BENCH_REGION'));
  const read = `SELECT * FROM ${variable('BENCH_TABLE')} WHERE order_id = ?`;
  const topic = variable('BENCH_TOPIC');
  const producer = connectKafka({
    brokers: variable('BENCH_BROKERS').split(','),
    clientId: 'bench-probe',
  }).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  /** The callbacks that wait for a row to be written, by key. */
  const waiting = new Map<string, () => void>();
  const told = connect(Number(variable('BENCH_TOLD_PORT')), '127.0.0.1');
  told.setNoDelay(true);
  createInterface({ input: told }).on('line', (orderId) => waiting.get(orderId)?.());
  let position = 0n;

  return {
    async seen() {
      const event = placedOrder(newId(), ++position);
      const { key, partition, headers, value } = toMessage({ ...event, payload: encodeEvent(event) });
      const written = new Promise<void>((resolve) => waiting.set(key, resolve));
      const message = { key, partition, headers: { ...headers }, value: Buffer.from(value) };
      const sinceMs = performance.now();
      const sent = producer.send({ topic, acks: -1, messages: [message] });
      // The row may be written before the broker's answer arrives.
      await Promise.race([written, sent.then(() => written)]);
      const { rows } = await store.execute(read, [key], LOCAL_QUORUM);
      const tookMs = performance.now() - sinceMs;
      await sent;
      waiting.delete(key);
      if (rows.length !== 1 || !isEventType(String(rows[0]?.['type'])))
        throw new Error(`${key} was not read`);
      return tookMs;
    },
    async close() {
      told.destroy();
      await producer.disconnect();
      await store.shutdown();
    },
  };
}
