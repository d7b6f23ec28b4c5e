import kafkajs, { type Admin } from 'kafkajs';
import type { KafkaHandle } from './kafka.ts';
import type { TopicMessage } from './producer.ts';

const { ConfigResourceTypes } = kafkajs;

/** What a topic takes, and how safely it keeps it. */
export interface TopicSettings {
  readonly topic: string;
  /** `max.message.bytes`: the largest batch, packed, that the brokers take; the broker's default where the topic says nothing. */
  readonly maxMessageBytes: number;
  /** `min.insync.replicas`: on so many brokers a message is when it is acknowledged. */
  readonly minInsyncReplicas: number;
  /** Copies of its partition that has the fewest. */
  readonly replicas: number;
}

/** The topics' settings, and how many brokers there are. */
export interface ClusterSettings {
  readonly brokers: number;
  readonly topics: readonly TopicSettings[];
}

/** Reads what holds for topics now. Rejects when one is not there, or when they may not be described. */
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

/** Sets what a topic says itself, in place of all that it said before. For tests: elsewhere that is the operator's. */
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

/** What makes the settings lose acknowledged messages, with what to do about it; empty when nothing does. */
export function unsafeSettings({ topics }: ClusterSettings): readonly string[] {
  return topics
    .filter(({ minInsyncReplicas }) => minInsyncReplicas < 2)
    .map(({ topic, replicas, minInsyncReplicas }) =>
      replicas >= 3
        ? `${topic}: min.insync.replicas is ${minInsyncReplicas} with ${replicas} copies; set it to 2 (kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config min.insync.replicas=2)`
        : `${topic}: ${replicas} of 3 copies that it needs, and min.insync.replicas is ${minInsyncReplicas}; add brokers, then copies (kafka-reassign-partitions.sh), then set it to 2`,
    );
}

/** What a broker gives a topic that says nothing itself. */
export interface BrokerDefaults {
  readonly replicas: number;
  readonly minInsyncReplicas: number;
  readonly maxMessageBytes: number;
}

/** The largest event that any command records is 1.1 MB before it is packed: none of these is refused for its size. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;

/**
 * What a new topic has to be told: that an acknowledged message is on two brokers, where there are three copies, so that one may be
 * away; and that the largest event fits. Nothing of what the brokers' defaults give anyway, and nothing weaker.
 */
export function newTopicSettings(defaults: BrokerDefaults): { name: string; value: string }[] {
  const entries: { name: string; value: string }[] = [];
  if (defaults.replicas >= 3 && defaults.minInsyncReplicas < 2)
    entries.push({ name: 'min.insync.replicas', value: '2' });
  if (defaults.maxMessageBytes < MAX_MESSAGE_BYTES)
    entries.push({ name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) });
  return entries;
}

/** Asks the controller's configuration; `replicas` is what was asked for, or its default for -1. */
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
/** Attributes, a record's distance in time and offset, and how many headers there are. */
const RECORD_BYTES = 1 + 2 * VARINT_BYTES + VARINT_BYTES;

/**
 * The bytes that a message takes at most when it goes alone and unpacked, which is what `max.message.bytes` is compared with: packing
 * only makes it smaller.
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
