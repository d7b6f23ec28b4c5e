import { toMessage, topicOf } from '@meridian/contracts';
import { connectKafka, createEventProducer, ensureTopics } from '@meridian/messaging';
import { SHARD_COUNT } from '@meridian/kernel';
import { setTimeout as pause } from 'node:timers/promises';
import { orderEvents, type EventMix } from './order-events.ts';
import { serve } from './serve.ts';

/** Requests to publish events at once, or a steady flow of events until the request to end. */
export type PublishQuestion =
  | { readonly kind: 'publish'; readonly mix: EventMix }
  | { readonly kind: 'begin-flow'; readonly eventsPerSecond: number }
  | { readonly kind: 'end-flow' };

/** How many events were published since the last answer. */
export interface PublishAnswer {
  readonly events: number;
}

const brokers = (process.env['BENCH_BROKERS'] ?? '').split(',');
const topic = topicOf('orders', process.env['BENCH_SPACE'] ?? '');
// Positions continue from here: in a kept store, positions must rise from run to run.
let position = BigInt(process.env['BENCH_POSITION'] ?? '0');
const kafka = connectKafka({ brokers, clientId: 'bench-publish' });
await ensureTopics(kafka, [topic], SHARD_COUNT);
const producer = await createEventProducer(kafka);
const CHUNK = 500;
const FLOW_MS = 20;

async function publish(mix: EventMix): Promise<number> {
  const events = orderEvents(mix).map((event) => ({ ...event, position: ++position }));
  for (let start = 0; start < events.length; start += CHUNK) {
    const messages = events.slice(start, start + CHUNK).map((event) => ({ topic, ...toMessage(event) }));
    await producer.send(messages, { timeoutMs: 30_000 });
  }
  return events.length;
}

let flow: { readonly stop: AbortController; readonly done: Promise<number> } | undefined;

async function keepPublishing(eventsPerSecond: number, signal: AbortSignal): Promise<number> {
  const startedMs = performance.now();
  let events = 0;
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - startedMs) / 1_000) * eventsPerSecond) - events;
    if (due > 0) events += await publish({ events: due, skew: 0, placementsOnly: true });
    await pause(FLOW_MS);
  }
  return events;
}

serve<PublishQuestion>(
  async (question): Promise<PublishAnswer> => {
    if (question.kind === 'publish') return { events: await publish(question.mix) };
    if (question.kind === 'begin-flow') {
      const stop = new AbortController();
      flow = { stop, done: keepPublishing(question.eventsPerSecond, stop.signal) };
      return { events: 0 };
    }
    flow?.stop.abort();
    return { events: (await flow?.done) ?? 0 };
  },
  () => producer.close(),
);
