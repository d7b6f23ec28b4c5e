import { createEventProducer } from '@meridian/messaging';
import { ensureEventTopics, isKafkaLost, lookAtTopics, republish as republishRange } from '@meridian/relay';
import { readJournalState } from '@meridian/write-store';
import { CommanderError } from 'commander';
import { kafkaOf, onJournal } from '../../engine-connections.ts';
import { storesOf, type StoreOptions } from '../../engine-stores.ts';
import { say, toJson } from '../../output.ts';
import { stepProgress } from '../../step-progress.ts';

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

/**
 * Publishes a range of the journal again, in order, and reports the effect on readers. The shards are taken from the
 * relay first, and the topics are created after that: no newer event can enter the topics before the range.
 */
export async function republish(options: RepublishCommandOptions, signal: AbortSignal): Promise<void> {
  const stores = storesOf(options);
  const { topicPrefix } = stores;
  const kafka = kafkaOf(stores, 'meridian-republish');
  const producer = await createEventProducer(kafka);
  const progress = stepProgress(options.json);
  let ahead = 0;
  try {
    const published = await onJournal(stores, (pool) =>
      republishRange({
        pool,
        producer,
        topicPrefix,
        log,
        signal,
        fromPosition: options.from,
        ...(options.to === undefined ? {} : { toPosition: options.to }),
        ...(options.shard ? { shards: options.shard } : {}),
        async isLost() {
          const lost = await isKafkaLost(pool, kafka, topicPrefix);
          if (lost && options.shard) throw notAPart();
          return lost;
        },
        async prepare() {
          await ensureEventTopics({ pool, kafka, topicPrefix, emptyKafka: 'accept' });
          const { journalId, head, knownPosition } = await readJournalState(pool);
          const { foreign, highest, highestByPartition } = await lookAtTopics({
            kafka,
            topicPrefix,
            journalId,
          });
          if (foreign) throw notOurs(foreign.topic);
          if (highest > head || knownPosition > head) throw behind();
          ahead = highestByPartition.filter((position) => position > options.from).length;
        },
        onProgress: (now) => progress.step('published', now.published, now.total),
      }),
    ).finally(() => progress.stop());
    if (options.json) say(toJson({ published, partitionsAhead: ahead }));
    else say(`${published} events were published again`);
    if (ahead > 0 && !options.json)
      say(
        `${ahead} partitions held newer events: readers that have read these ignore older events that come again`,
      );
  } finally {
    await producer.close();
  }
}

function notOurs(topic: string): CommanderError {
  const message = `${topic} holds events of another journal: see docs/operations/runbook.md#two-systems-on-one-kafka`;
  return new CommanderError(1, 'meridian.foreignEvents', message);
}

function behind(): CommanderError {
  const message =
    'the database has lost events that were acknowledged: run `meridian journal fence` first (docs/backup-and-restore.md)';
  return new CommanderError(1, 'meridian.journalBehind', message);
}

function notAPart(): CommanderError {
  const message =
    'Kafka has lost everything: leave --shard out, and publish all shards together. Otherwise the relay goes on with the other shards';
  return new CommanderError(1, 'meridian.notAPart', message);
}
