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

/** A listener that tells all others. */
export interface HintListeners extends HintListener {
  /** Tells one more from now on, until the function that this gives is called. It is told at once when hints arrive already. */
  add(listener: HintListener): () => void;
}

/** At first nobody listens, and no hints arrive. */
export function createHintListeners(): HintListeners {
  const listeners = new Set<HintListener>();
  let isTold = false;
  return {
    add(listener) {
      listeners.add(listener);
      if (isTold) listener.hinted(true);
      return () => listeners.delete(listener);
    },
    hint(event) {
      for (const listener of listeners) listener.hint(event);
    },
    hinted(told) {
      isTold = told;
      for (const listener of listeners) listener.hinted(told);
    },
  };
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
  /** Gets every event that is seen. */
  readonly listener: HintListener;
  /** The journals that the read models are made of. Events of other journals give no hint; all events do while none is known. */
  journals?(): ReadonlySet<string>;
}

/**
 * Tells its listener of every event as soon as Kafka has it. The projectors get the event at about the same time. A hint says
 * when to look, and never what to answer. While Kafka is away there are no hints.
 */
export function followEvents(options: HintOptions): Follower {
  const { brokers, topicPrefix, contexts, follower, log, listener } = options;
  const isForeign = (event: Parameters<typeof isForeignTo>[1]) => {
    const known = [...(options.journals?.() ?? [])];
    return known.length === 0 ? isForeignTo(undefined, event) : known.every((id) => isForeignTo(id, event));
  };
  const contextOf = new Map(contexts.map((name) => [topicOf(name, topicPrefix), name]));
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
        listener.hint({ key: partitionKey(context, partition), context, position, aggregateId });
      }
    },
    onFollowing: () => listener.hinted(true),
    onLost: () => listener.hinted(false),
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
