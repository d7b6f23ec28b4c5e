import { CONTEXTS, topicOf } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka, createEventProducer, ensureTopics } from '@meridian/messaging';
import { highestInKafka, republish as republishRange } from '@meridian/relay';
import { say, toJson } from '../../output.ts';
import { stepProgress } from '../../step-progress.ts';
import { onJournal, storesOf, type StoreOptions } from './stores.ts';

/** What to publish again. */
export interface RepublishCommandOptions extends StoreOptions {
  readonly from: bigint;
  readonly to?: bigint;
  readonly shard?: readonly number[];
  readonly json: boolean;
}

const complain = (text: string) => void process.stderr.write(`${text}\n`);
const log = {
  info: () => undefined,
  warn: (_fields: object, message: string) => complain(`meridian: ${message}`),
  error: (_fields: object, message: string) => complain(`meridian: ${message}`),
};

/** Publishes a range of the journal again, in order, and says what readers will make of it. */
export async function republish(options: RepublishCommandOptions, signal: AbortSignal): Promise<void> {
  const stores = storesOf(options);
  const { brokers, topicPrefix } = stores;
  const kafka = connectKafka({ brokers, clientId: 'meridian-republish' });
  const topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
  await ensureTopics(kafka, topics, SHARD_COUNT);
  const ahead = (await highestInKafka(kafka, topicPrefix)).filter(({ position }) => position > options.from);
  const producer = await createEventProducer(kafka);
  const progress = stepProgress(options.json);
  try {
    const published = await onJournal(stores, (pool) =>
      republishRange({
        ...{ pool, producer, topicPrefix, log, signal, fromPosition: options.from },
        ...(options.to === undefined ? {} : { toPosition: options.to }),
        ...(options.shard ? { shards: options.shard } : {}),
        onProgress: (now) => progress.step('published', now.published, now.total),
      }),
    ).finally(() => progress.stop());
    if (options.json) say(toJson({ published, partitionsAhead: ahead.length }));
    else say(`${published} events were published again`);
    if (ahead.length > 0 && !options.json)
      say(
        `${ahead.length} partitions held newer events: whoever has read those drops what comes again below them`,
      );
  } finally {
    await producer.close();
  }
}
