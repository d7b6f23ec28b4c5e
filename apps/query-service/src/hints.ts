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

/** Who wants to be told. */
export interface HintListener {
  hint(event: EventHint): void;
  /** Whether events are told from now on; when they are again, some may have been missed. */
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
  /** The journals that the read models are made of; events of any other are no hint. None while none is known: all are. */
  journals?(): ReadonlySet<string>;
}

/**
 * Tells listeners of every event as soon as Kafka has it, which is about when the projectors get it: a hint when to look, and
 * never what to answer. While Kafka is away nothing is told.
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

/** What is damaged tells nothing; the projectors say so. */
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
