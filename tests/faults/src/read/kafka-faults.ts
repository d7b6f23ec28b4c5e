import { setTimeout as pause } from 'node:timers/promises';
import { CONTEXTS, toMessage, topicOf } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import {
  connectKafka,
  createEventProducer,
  deleteTopics,
  ensureTopics,
  silentLog,
  type KafkaHandle,
} from '@meridian/messaging';
import { bigintOf, type MysqlPool } from '@meridian/mysql';
import { republish } from '@meridian/relay';
import { readJournal } from '@meridian/write-store';
import type { FaultyEngines } from '../system/engines.ts';
import { contextsOf, type ProjectorName } from './projectors.ts';
import type { ReadSystem } from './system.ts';

/** What can be done to Kafka's topics and groups, past every proxy. */
export interface KafkaFaults {
  /** Sends a range of what one shard has published again, unmarked, as a producer's retry would. Answers with how many. */
  duplicate(pick: number): Promise<number>;
  /** Publishes a range of the journal again, as an operator would. Answers with how many. */
  republish(pick: number): Promise<number>;
  /** Sets the offsets of a projector's group back to earlier ones, while it is away. Answers with how many partitions. */
  resetOffsets(projector: ProjectorName, pick: number): Promise<number>;
  /** Loses everything that Kafka holds and publishes the journal again, as the runbook says. Answers with how many. */
  emptyAndRepublish(): Promise<number>;
}

const LONGEST = 300n;
const POLL_MS = 200;

type KafkaAdmin = ReturnType<KafkaHandle['admin']>;
const SEND = { timeoutMs: 20_000 };

/** Makes them for one system. */
export function kafkaFaults(engines: FaultyEngines, system: ReadSystem, pool: MysqlPool): KafkaFaults {
  const { space: topicPrefix } = system;
  const brokers = (engines.environment['MERIDIAN_KAFKA_BROKERS'] ?? '').split(',');
  const kafka = connectKafka({ brokers, clientId: 'faults' });
  const topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));

  async function publishAgain(fromPosition: bigint, toPosition?: bigint): Promise<number> {
    const producer = await createEventProducer(kafka);
    try {
      return await republish({
        pool,
        producer,
        topicPrefix,
        fromPosition,
        log: silentLog,
        ...(toPosition === undefined ? {} : { toPosition }),
      });
    } finally {
      await producer.close();
    }
  }

  return {
    async duplicate(pick) {
      const shard = pick % SHARD_COUNT;
      const untilPosition = await publishedUntil(pool, shard);
      const afterPosition = untilPosition > LONGEST ? untilPosition - LONGEST : 0n;
      const again = await readJournal({ pool, shards: [shard], afterPosition, untilPosition, limit: 1_000 });
      const producer = await createEventProducer(kafka);
      try {
        const messages = again.map((event) => ({
          topic: topicOf(event.context, topicPrefix),
          ...toMessage(event),
        }));
        await producer.send(messages, SEND);
      } finally {
        await producer.close();
      }
      return again.length;
    },
    republish: (pick) => publishAgain(BigInt(1 + (pick % 50)), BigInt(51 + (pick % 1_000))),
    async resetOffsets(projector, pick) {
      const replicas = system.projectors.filter((replica) => replica.projector === projector);
      await Promise.all(replicas.map(({ process }) => process.end()));
      const admin = kafka.admin();
      await admin.connect();
      let moved = 0;
      try {
        const { groups } = await admin.listGroups();
        const own = groups.filter(({ groupId }) =>
          groupId.startsWith(`${topicPrefix}.projector.${projector}.`),
        );
        const fed = contextsOf(projector).map((context) => topicOf(context, topicPrefix));
        for (const { groupId } of own) moved += await moveBack(admin, groupId, fed, pick);
      } finally {
        await admin.disconnect();
      }
      await Promise.all(replicas.map(({ process }) => process.start()));
      return moved;
    },
    async emptyAndRepublish() {
      const services = [system.command, ...system.projectors.map(({ process }) => process)];
      await Promise.all(services.map((service) => service.end()));
      await deleteTopics(kafka, topics);
      await ensureTopics(kafka, topics, SHARD_COUNT);
      const published = await publishAgain(1n);
      await Promise.all(services.map((service) => service.start()));
      return published;
    },
  };
}

/** Resolves when a group has no member: one that was killed is counted until its session ends. */
async function isEmpty(admin: KafkaAdmin, groupId: string): Promise<void> {
  for (;;) {
    const { groups } = await admin.describeGroups([groupId]);
    if (groups.every(({ state }) => state === 'Empty' || state === 'Dead')) return;
    await pause(POLL_MS);
  }
}

/** Sets the offsets of a group that nobody is in. Gives how many partitions it has moved. */
async function moveBack(
  admin: KafkaAdmin,
  groupId: string,
  topics: readonly string[],
  pick: number,
): Promise<number> {
  await isEmpty(admin, groupId);
  let moved = 0;
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics: [...topics] })) {
    const back = partitions
      .filter(({ offset }) => Number(offset) > 0)
      .map(({ partition, offset }) => ({ partition, offset: String(pick % Number(offset)) }));
    if (back.length > 0) await admin.setOffsets({ groupId, topic, partitions: back });
    moved += back.length;
  }
  return moved;
}

async function publishedUntil(pool: MysqlPool, shard: number): Promise<bigint> {
  const { rows } = await pool.query('SELECT position FROM relay_shard WHERE shard = ?', [shard]);
  return rows[0] ? bigintOf(rows[0], 'position') : 0n;
}
