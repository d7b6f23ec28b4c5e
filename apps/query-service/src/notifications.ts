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
export interface EventNotification {
  readonly key: PartitionKey;
  readonly context: ContextName;
  readonly position: bigint;
  readonly aggregateId: string;
}

/** Is told of events. */
export interface NotificationListener {
  notify(event: EventNotification): void;
  /** Says whether notifications arrive from now on. When they arrive again, some may have been missed. */
  notificationsArrive(told: boolean): void;
}

/** A listener that tells all others. */
export interface NotificationListeners extends NotificationListener {
  /** Tells one more from now on, until the function that this gives is called. It is told at once when notifications arrive already. */
  add(listener: NotificationListener): () => void;
}

/** At first nobody listens, and no notifications arrive. */
export function createNotificationListeners(): NotificationListeners {
  const listeners = new Set<NotificationListener>();
  let isTold = false;
  return {
    add(listener) {
      listeners.add(listener);
      if (isTold) listener.notificationsArrive(true);
      return () => listeners.delete(listener);
    },
    notify(event) {
      for (const listener of listeners) listener.notify(event);
    },
    notificationsArrive(told) {
      isTold = told;
      for (const listener of listeners) listener.notificationsArrive(told);
    },
  };
}

/** Where events are seen. */
export interface FollowEventsOptions {
  readonly brokers: readonly string[];
  readonly security?: KafkaSecurity | undefined;
  readonly topicPrefix: string;
  readonly contexts: readonly ContextName[];
  /** This process' own name: its group is nobody else's. */
  readonly follower: string;
  readonly log: Log;
  /** Gets every event that is seen. */
  readonly listener: NotificationListener;
  /** The journals that the read models are made of. Events of other journals give no notification; all events do while none is known. */
  journals?(): ReadonlySet<string>;
}

/**
 * Tells its listener of every event as soon as Kafka has it. The projectors get the event at about the same time. A notification says
 * when to look, and never what to answer. While Kafka is away there are no notifications.
 */
export function followEvents(options: FollowEventsOptions): Follower {
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
        listener.notify({ key: partitionKey(context, partition), context, position, aggregateId });
      }
    },
    onFollowing: () => listener.notificationsArrive(true),
    onLost: () => listener.notificationsArrive(false),
  });
}

const EMPTY = Buffer.alloc(0);

/** A damaged message gives no notification. The projectors report it. */
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
