import type { EventEnvelope } from '@meridian/contracts';
import {
  messageBytes,
  MessageTooLargeError,
  type EventProducer,
  type TopicMessage,
} from '@meridian/messaging';
import type { OwnedShard } from './leases.ts';
import { publishMessages } from './publish-messages.ts';
import type { ReadAhead } from './read-ahead.ts';
import { sendTimeoutMs, type SendBounds } from './send-timeout.ts';

/** What publishing needs, and its bounds. */
export interface PublisherOptions extends SendBounds {
  readonly journal: ReadAhead;
  readonly producer: EventProducer;
  readonly topicPrefix: string;
  /** The id of the journal: every message carries it. */
  journalId(): Promise<string>;
  /** Events in one send at most. */
  readonly batchSize: number;
  /** Bytes of one shard in one read and one send at most, below what a broker takes in one batch; a larger event goes alone. */
  readonly maxShardBytes: () => number;
  /** Whether messages are marked as sent again. */
  readonly republished?: boolean;
  readonly onPublished: ((events: readonly EventEnvelope[]) => void) | undefined;
}

/** How a round of publishing went. */
export interface Round {
  /** Shards of which there was more to read. */
  readonly more: readonly OwnedShard[];
  /** Shards that another replica has taken over. */
  readonly lost: readonly OwnedShard[];
}

/** One event is larger than its topic takes, and its shard stands still until the topic takes it. */
export class EventTooLargeError extends Error {
  override readonly name = 'EventTooLargeError';
  readonly topic: string;
  readonly position: bigint;
  /** What it takes at most; packed it may be less. */
  readonly bytes: number;

  constructor(event: EventEnvelope, { topic, ...message }: TopicMessage, cause: unknown) {
    const bytes = messageBytes(message);
    super(
      `the event at position ${event.position} takes up to ${bytes} bytes, and ${topic} takes fewer: raise its max.message.bytes`,
      { cause },
    );
    this.topic = topic;
    this.position = event.position;
    this.bytes = bytes;
  }
}

/**
 * Publishes the next events of some owned shards in one send, each shard's in order. The shards' cursors move once
 * Kafka has acknowledged all events. When it rejects, these cursors have not moved, and what was sent is sent again
 * later.
 */
export async function publishNext(options: PublisherOptions, shards: readonly OwnedShard[]): Promise<Round> {
  const { journal, producer, leases, batchSize, onPublished } = options;
  const journalId = await options.journalId();
  const bounds = {
    limit: Math.max(1, Math.floor(batchSize / shards.length)),
    maxBytes: options.maxShardBytes(),
  };
  const lists = await journal.read(shards, bounds);
  const more: OwnedShard[] = [];
  const positions = new Map<OwnedShard, bigint>();
  const batch: EventEnvelope[] = [];
  shards.forEach((shard, index) => {
    const found = lists[index];
    const newest = found?.events.at(-1);
    if (!found || !newest) return;
    if (found.more) more.push(shard);
    positions.set(shard, newest.position);
    batch.push(...found.events);
  });
  if (batch.length === 0) return { more: [], lost: [] };

  const { messages, endSpans } = publishMessages(batch, journalId, options);
  try {
    const sent = producer.send(messages, {
      timeoutMs: sendTimeoutMs(options, [...positions.keys()]),
    });
    if (more.length > 0)
      journal.begin(new Map(more.map((shard) => [shard, positions.get(shard) ?? 0n])), bounds);
    await sent;
    endSpans();
  } catch (error) {
    endSpans(error);
    const [event, another] = batch;
    const [message] = messages;
    if (!(error instanceof MessageTooLargeError) || !event || !message || another) throw error;
    throw new EventTooLargeError(event, message, error);
  }
  const lost = await leases.move(positions, batch.length);
  onPublished?.(batch);
  return { more, lost };
}
