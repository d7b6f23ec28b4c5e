import type { Admin, ITopicMetadata } from 'kafkajs';
import type { KafkaHandle } from './kafka.ts';
import { onceKnown } from './once-known.ts';
import { brokerDefaults, newTopicSettings } from './topic-settings.ts';

/** A topic exists with another number of partitions than the shards need. */
export class TopicPartitionsError extends Error {
  override readonly name = 'TopicPartitionsError';
}

/**
 * Creates the missing topics, with settings that keep acknowledged messages (`newTopicSettings`). Safe to repeat, and
 * to call from several processes at once. Rejects with TopicPartitionsError when a topic exists with another number of
 * partitions: order per aggregate would be lost.
 */
export async function ensureTopics(
  kafka: KafkaHandle,
  topics: readonly string[],
  partitions: number,
  replicationFactor = -1,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !existing.has(topic));
    if (missing.length > 0) {
      const configEntries = newTopicSettings(await brokerDefaults(admin, replicationFactor));
      // The wait for leaders is below: kafkajs would treat a topic that is not known on every broker yet as a failure.
      await admin.createTopics({
        waitForLeaders: false,
        topics: missing.map((topic) => ({
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries,
        })),
      });
    }
    const found = await metadataOf(admin, topics);
    for (const { name, partitions: there } of found) {
      if (there.length === partitions) continue;
      throw new TopicPartitionsError(
        `topic ${name} has ${there.length} partitions, not ${partitions}: use another topic prefix, or delete it when it is empty`,
      );
    }
  } finally {
    await admin.disconnect();
  }
}

/** The topics' metadata, once every partition has a leader. */
function metadataOf(admin: Admin, topics: readonly string[]): Promise<readonly ITopicMetadata[]> {
  return onceKnown(async () => {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
    const led = found.every(
      ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
    );
    return led ? found : undefined;
  });
}

/** Deletes topics; topics that do not exist are skipped. For tests, and for removing a system permanently. */
export async function deleteTopics(kafka: KafkaHandle, topics: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const present = topics.filter((topic) => existing.has(topic));
    if (present.length > 0) await admin.deleteTopics({ topics: present });
  } finally {
    await admin.disconnect();
  }
}

/** Deletes consumer groups without members. Groups that do not exist, or still have a member, are skipped. */
export async function deleteGroups(kafka: KafkaHandle, groupIds: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { groups } = await admin.listGroups();
    const existing = groupIds.filter((id) => groups.some(({ groupId }) => groupId === id));
    const { groups: described } = await admin.describeGroups(existing);
    const empty = described.filter(({ members }) => members.length === 0).map(({ groupId }) => groupId);
    if (empty.length > 0) await admin.deleteGroups(empty);
  } finally {
    await admin.disconnect();
  }
}

/** How far a consumer group is behind in one partition. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** The offset that the next message will get. */
  readonly end: bigint;
  /** The offset that the group resumes from; 0 when it has committed nothing. */
  readonly committed: bigint;
  /** end - committed. */
  readonly lag: bigint;
}

/** How far a group is behind, by topic and partition, in the order of the topics given. */
export async function consumerLag(
  kafka: KafkaHandle,
  groupId: string,
  topics: readonly string[],
): Promise<readonly PartitionLag[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const lags: PartitionLag[] = [];
    const committedByTopic = await admin.fetchOffsets({ groupId, topics: [...topics] });
    for (const topic of topics) {
      const committed = committedByTopic.find((entry) => entry.topic === topic)?.partitions ?? [];
      const ends = await onceKnown(() => admin.fetchTopicOffsets(topic));
      for (const { partition, high } of ends.sort((a, b) => a.partition - b.partition)) {
        const offset = BigInt(committed.find((entry) => entry.partition === partition)?.offset ?? '0');
        const resume = offset < 0n ? 0n : offset;
        lags.push({ topic, partition, end: BigInt(high), committed: resume, lag: BigInt(high) - resume });
      }
    }
    return lags;
  } finally {
    await admin.disconnect();
  }
}

/** A consumer group as the cluster knows it. */
export interface ConsumerGroup {
  readonly groupId: string;
  /** Processes that consume now; 0 when there are none. */
  readonly members: number;
}

/**
 * The consumer groups whose ids have this prefix, by id. Kafka remembers a group for some days after its last member
 * left.
 */
export async function findGroups(kafka: KafkaHandle, prefix: string): Promise<readonly ConsumerGroup[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { groups: known } = await admin.listGroups();
    const ids = known.map(({ groupId }) => groupId).filter((groupId) => groupId.startsWith(prefix));
    if (ids.length === 0) return [];
    const { groups } = await admin.describeGroups(ids.sort());
    return groups.map(({ groupId, members }) => ({ groupId, members: members.length }));
  } finally {
    await admin.disconnect();
  }
}

/** Which of the topics do not exist. */
export async function missingTopics(
  kafka: KafkaHandle,
  topics: readonly string[],
): Promise<readonly string[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    return topics.filter((topic) => !existing.has(topic));
  } finally {
    await admin.disconnect();
  }
}

/** Whether no message was ever written to any of the topics. Expired messages count as written. */
export async function areNew(kafka: KafkaHandle, topics: readonly string[]): Promise<boolean> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    for (const topic of topics) {
      const offsets = await onceKnown(() => admin.fetchTopicOffsets(topic));
      if (offsets.some(({ high }) => high !== '0')) return false;
    }
    return true;
  } finally {
    await admin.disconnect();
  }
}

/** Where a partition begins and ends. */
export interface PartitionEnd {
  readonly topic: string;
  readonly partition: number;
  /** The offset that its next message will get. */
  readonly offset: bigint;
  /** The offset of its oldest message; that of the next one where there is none. */
  readonly oldest: bigint;
}

/** Where all partitions of topics begin and end. Rejects when a topic does not exist. */
export async function topicEnds(
  kafka: KafkaHandle,
  topics: readonly string[],
): Promise<readonly PartitionEnd[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const ends = topics.map(async (topic) =>
      (await admin.fetchTopicOffsets(topic)).map(({ partition, high, low }) => ({
        topic,
        partition,
        offset: BigInt(high),
        oldest: BigInt(low),
      })),
    );
    return (await Promise.all(ends)).flat();
  } finally {
    await admin.disconnect();
  }
}
