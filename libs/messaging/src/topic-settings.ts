import kafkajs, { type Admin } from 'kafkajs';
import type { KafkaHandle } from './kafka.ts';
import type { TopicMessage } from './producer.ts';

const { ConfigResourceTypes } = kafkajs;

/** The largest batch of a topic, and how safely the topic stores messages. */
export interface TopicSettings {
  readonly topic: string;
  /**
   * `max.message.bytes`: the largest compressed batch that the brokers accept; the broker's default where the topic
   * sets nothing.
   */
  readonly maxMessageBytes: number;
  /** `min.insync.replicas`: an acknowledged message is on at least this many brokers. */
  readonly minInsyncReplicas: number;
  /** The lowest number of copies among the topic's partitions. */
  readonly replicas: number;
}

/** The topics' settings, and how many brokers there are. */
export interface ClusterSettings {
  readonly brokers: number;
  readonly topics: readonly TopicSettings[];
}

/**
 * Reads the topics' current settings. Rejects when a topic does not exist, or when this client may not describe topics.
 */
export async function readTopicSettings(
  kafka: KafkaHandle,
  topics: readonly string[],
): Promise<ClusterSettings> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { brokers } = await admin.describeCluster();
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
    const names = ['max.message.bytes', 'min.insync.replicas'];
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: names })),
    });
    return {
      brokers: brokers.length,
      topics: topics.map((topic) => {
        const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
        const partitions = found.find(({ name }) => name === topic)?.partitions ?? [];
        return {
          topic,
          maxMessageBytes: numberIn(entries, 'max.message.bytes'),
          minInsyncReplicas: numberIn(entries, 'min.insync.replicas'),
          replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        };
      }),
    };
  } finally {
    await admin.disconnect();
  }
}

/** Replaces all settings that a topic itself has. For tests: elsewhere these settings are the operator's. */
export async function replaceTopicSettings(
  kafka: KafkaHandle,
  topic: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }];
    await admin.alterConfigs({ validateOnly: false, resources });
  } finally {
    await admin.disconnect();
  }
}

type Entries = readonly { readonly configName: string; readonly configValue: string }[];

function numberIn(entries: Entries, name: string): number {
  const value = Number(entries.find(({ configName }) => configName === name)?.configValue);
  if (!Number.isSafeInteger(value)) throw new Error(`Kafka did not say ${name}`);
  return value;
}

/** The settings that may lose acknowledged messages, with what to do about each; empty when there are none. */
export function unsafeSettings({ topics }: ClusterSettings): readonly string[] {
  return topics
    .filter(({ minInsyncReplicas }) => minInsyncReplicas < 2)
    .map(({ topic, replicas, minInsyncReplicas }) =>
      replicas >= 3
        ? `${topic}: min.insync.replicas is ${minInsyncReplicas} with ${replicas} copies; set it to 2 (kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config min.insync.replicas=2)`
        : `${topic}: ${replicas} of 3 copies that it needs, and min.insync.replicas is ${minInsyncReplicas}; add brokers, then copies (kafka-reassign-partitions.sh), then set it to 2`,
    );
}

/** A broker's defaults for a topic without settings of its own. */
export interface BrokerDefaults {
  readonly replicas: number;
  readonly minInsyncReplicas: number;
  readonly maxMessageBytes: number;
}

/** The largest event of any command is 1.1 MB before compression: Kafka refuses no event for its size. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;

/**
 * The settings that a new topic needs. With three copies, an acknowledged message is on two brokers, so that one broker
 * may be away. The largest event fits. Settings that the brokers' defaults already give, or exceed, are left out.
 */
export function newTopicSettings(defaults: BrokerDefaults): { name: string; value: string }[] {
  const entries: { name: string; value: string }[] = [];
  if (defaults.replicas >= 3 && defaults.minInsyncReplicas < 2)
    entries.push({ name: 'min.insync.replicas', value: '2' });
  if (defaults.maxMessageBytes < MAX_MESSAGE_BYTES)
    entries.push({ name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) });
  return entries;
}

/** Reads the controller's configuration. `replicas` is the requested number, or the controller's default for -1. */
export async function brokerDefaults(admin: Admin, replicas: number): Promise<BrokerDefaults> {
  const { brokers, controller } = await admin.describeCluster();
  const name = String(controller ?? brokers[0]?.nodeId);
  const names = ['default.replication.factor', 'min.insync.replicas', 'message.max.bytes'];
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.BROKER, name, configNames: names }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return {
    replicas: replicas > 0 ? replicas : numberIn(entries, 'default.replication.factor'),
    minInsyncReplicas: numberIn(entries, 'min.insync.replicas'),
    maxMessageBytes: numberIn(entries, 'message.max.bytes'),
  };
}

/** The header of a batch of records, version 2. */
const BATCH_BYTES = 61;
/** A length of up to 32 bits in Kafka's variable form. */
const VARINT_BYTES = 5;
/** Attributes, the differences in time and offset, and the number of headers. */
const RECORD_BYTES = 1 + 2 * VARINT_BYTES + VARINT_BYTES;

/**
 * The most bytes that a message takes, sent alone and without compression. `max.message.bytes` is compared with this
 * size: compression only makes it smaller.
 */
export function messageBytes({
  key,
  headers,
  value,
}: Pick<TopicMessage, 'key' | 'headers' | 'value'>): number {
  const length = (text: string) => VARINT_BYTES + Buffer.byteLength(text);
  return Object.entries(headers).reduce(
    (sum, [name, text]) => sum + length(name) + length(text),
    BATCH_BYTES + RECORD_BYTES + VARINT_BYTES + length(key) + VARINT_BYTES + value.length,
  );
}
