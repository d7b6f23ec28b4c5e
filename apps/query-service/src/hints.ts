import {
  fromMessage,
  isForeignTo,
  partitionKey,
  topicOf,
  type ContextName,
  type PartitionKey,
} from '@meridian/contracts';
import { connectKafka, followTopics, type Follower, type KafkaSecurity, type Log } from '@meridian/messaging';

/** An event that was seen on its way to the rows. */
export interface EventHint {
  readonly key: PartitionKey;
  readonly context: ContextName;
  readonly position: bigint;
  readonly aggregateId: string;
}

/** Is told of events. */
export interface HintListener {
  hint(event: EventHint): void;
  /** Says whether hints arrive from now on. When they arrive again, some may have been missed. */
  hinted(told: boolean): void;
}

/** Where events are seen. */
export interface HintOptions {
  readonly brokers: readonly string[];
  readonly security?: KafkaSecurity | undefined;
  readonly topicPrefix: string;
  readonly contexts: readonly ContextName[];
  /** This process' own name: its group is nobody else's. */
  readonly follower: string;
  readonly log: Log;
  readonly listeners: readonly HintListener[];
  /** The journals that the read models are made of. Events of other journals give no hint; all events do while none is known. */
  journals?(): ReadonlySet<string>;
}

/**
 * Tells listeners of every event as soon as Kafka has it. The projectors get the event at about the same time. A hint says
 * when to look, and never what to answer. While Kafka is away there are no hints.
 */
export function followEvents(options: HintOptions): Follower {
  const { brokers, topicPrefix, contexts, follower, log, listeners } = options;
  const isForeign = (event: Parameters<typeof isForeignTo>[1]) => {
    const known = [...(options.journals?.() ?? [])];
    return known.length === 0 ? isForeignTo(undefined, event) : known.every((id) => isForeignTo(id, event));
  };
  const contextOf = new Map(contexts.map((name) => [topicOf(name, topicPrefix), name]));
  const tell = (told: boolean) => {
    for (const listener of listeners) listener.hinted(told);
  };
  return followTopics({
    kafka: connectKafka({ brokers, clientId: follower, log, security: options.security }),
    groupId: follower,
    topics: [...contextOf.keys()],
    log,
    onMessages(topic, partition, messages) {
      const context = contextOf.get(topic);
      if (!context) return;
      for (const { headers } of messages) {
        const event = eventOf(partition, headers);
        if (!event || isForeign(event)) continue;
        const { position, aggregateId } = event;
        const hint = { key: partitionKey(context, partition), context, position, aggregateId };
        for (const listener of listeners) listener.hint(hint);
      }
    },
    onFollowing: () => tell(true),
    onLost: () => tell(false),
  });
}

const EMPTY = Buffer.alloc(0);

/** A damaged message gives no hint. The projectors report it. */
function eventOf(
  partition: number,
  headers: Parameters<typeof fromMessage>[0]['headers'],
): ReturnType<typeof fromMessage> | undefined {
  try {
    return fromMessage({ partition, headers, value: EMPTY });
  } catch {
    return undefined;
  }
}
