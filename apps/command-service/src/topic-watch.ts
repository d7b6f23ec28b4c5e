import {
  contextOfAggregate,
  CONTEXTS,
  REPUBLISHED_HEADER,
  toMessage,
  topicOf,
  type ContextName,
} from '@meridian/contracts';
import { refuse, shardOf, type Refusal } from '@meridian/kernel';
import {
  messageBytes,
  readTopicSettings,
  unsafeSettings,
  type ClusterSettings,
  type KafkaHandle,
  type Log,
} from '@meridian/messaging';
import type { NewEvent } from '@meridian/write-store';

/** What is known of the topics of events. */
export interface TopicWatch {
  /** Refuses an event that its topic would not take. Before Kafka has answered it goes by the assumed limit. */
  refusalOf(event: NewEvent): Refusal | undefined;
  /** Bytes of one shard in one send at most, so that no batch is refused for what it holds together. */
  batchBytes(): number;
  /** Reads the settings again soon: they may have changed. */
  lookSoon(): void;
  stop(): void;
}

/** Whose topics, and how often to look. */
export interface TopicWatchOptions {
  readonly kafka: KafkaHandle;
  readonly topicPrefix: string;
  /** What a topic takes until it is known. */
  readonly assumedBytes: number;
  readonly log: Log;
  readonly everyMs?: number;
  readonly retryMs?: number;
}

/** What of a message is not its payload is below this, whatever its ids. */
const SMALL_OVERHEAD_BYTES = 4_096;
const MAX_BATCH_BYTES = 700_000;

/**
 * Reads what the topics take and how safely they keep it, at once and then every minute; tells of what is unsafe when it changes.
 * While Kafka does not answer, what was known last holds.
 */
export function watchTopics(options: TopicWatchOptions): TopicWatch {
  const { kafka, topicPrefix, assumedBytes, log, everyMs = 60_000, retryMs = 5_000 } = options;
  const topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
  const limits = new Map<string, number>();
  let told = '';
  let timer: NodeJS.Timeout | undefined;
  let reading = false;
  let stopped = false;

  function tell(settings: ClusterSettings): void {
    const problems = unsafeSettings(settings);
    if (problems.join() === told) return;
    told = problems.join();
    if (problems.length === 0) return;
    const message =
      'events that Kafka has acknowledged may be lost with one broker; see docs/operations/reference.md#what-the-engines-must-keep';
    // One broker keeps one copy, whatever is set: a machine of development.
    if (settings.brokers === 1) log.info({ problems }, message);
    else log.warn({ problems }, message);
  }

  async function look(): Promise<void> {
    reading = true;
    let nextMs = everyMs;
    try {
      const settings = await readTopicSettings(kafka, topics);
      for (const { topic, maxMessageBytes } of settings.topics) limits.set(topic, maxMessageBytes);
      tell(settings);
    } catch (error) {
      nextMs = retryMs;
      const fields = { err: error, known: limits.size > 0 };
      log.info(fields, 'what the topics of events take is not known yet; looking again');
    }
    reading = false;
    lookIn(nextMs);
  }

  function lookIn(ms: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void look(), ms);
  }

  const limitOf = (context: ContextName) => limits.get(topicOf(context, topicPrefix)) ?? assumedBytes;
  lookIn(0);
  return {
    refusalOf(event) {
      const context = contextOfAggregate(event.aggregateType);
      const limit = limitOf(context);
      if (event.payload.length + SMALL_OVERHEAD_BYTES <= limit) return undefined;
      const bytes = largestMessage(event, context);
      return bytes <= limit ? undefined : tooLarge(event, bytes, topicOf(context, topicPrefix), limit);
    },
    // Half of it: what is counted for an event is about what is around its payload.
    batchBytes: () => Math.min(MAX_BATCH_BYTES, ...CONTEXTS.map((context) => limitOf(context) / 2)),
    lookSoon() {
      if (!reading) lookIn(0);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** What an event takes in Kafka at most, wherever in the journal it will be, traced, and sent again. */
function largestMessage(event: NewEvent, context: ContextName): number {
  const message = toMessage({
    ...event,
    context,
    shard: shardOf(event.aggregateId),
    position: 10n ** 18n,
    time: new Date(),
    traceparent: '0'.repeat(55),
    journalId: '0'.repeat(36),
  });
  return messageBytes({ ...message, headers: { ...message.headers, [REPUBLISHED_HEADER]: 'true' } });
}

function tooLarge(event: NewEvent, bytes: number, topic: string, limit: number): Refusal {
  const { aggregateType, aggregateId, type } = event;
  const said = `its event ${type} would take ${bytes} bytes, and max.message.bytes of topic ${topic} is ${limit}`;
  return refuse('failed-precondition', 'EVENT_TOO_LARGE', `${said}: make it smaller, or raise the limit`, [
    { type: 'EVENT_TOO_LARGE', subject: `${aggregateType}/${aggregateId}`, description: said },
  ]).refusal;
}
