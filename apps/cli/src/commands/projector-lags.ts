import { topicOf, type ContextName } from '@meridian/contracts';
import {
  connectKafka,
  consumerLag,
  findGroups,
  type KafkaHandle,
  type KafkaSecurity,
} from '@meridian/messaging';
import { groupIdOf, groupPrefixOf } from '@meridian/projection';
import { PROJECTIONS } from '@meridian/read-models';

/** How far one generation of a projector is behind in one context. */
export interface ProjectorLag {
  readonly projector: string;
  /** Undefined when the projector has never consumed: then its lag is everything in the topic. */
  readonly generation: number | undefined;
  /** The number of processes that consume now. */
  readonly processes: number;
  readonly context: ContextName;
  /** Messages, over all partitions. */
  readonly lag: bigint;
  /** From partition 0 on. */
  readonly byPartition: readonly bigint[];
}

/** How far every projector is behind: each generation with a group in Kafka, by context. */
export async function projectorLags(
  brokers: readonly string[],
  topicPrefix: string,
  security?: KafkaSecurity,
): Promise<readonly ProjectorLag[]> {
  const kafka = connectKafka({ brokers, clientId: 'meridian-status', security });
  const lags = PROJECTIONS.map(async ({ name: projector, contexts }) => {
    const prefix = groupPrefixOf(projector, topicPrefix);
    const groups = await findGroups(kafka, prefix);
    if (groups.length === 0) {
      const groupId = groupIdOf({ name: projector, generation: 1 }, topicPrefix);
      const byContext = await lagByContext(kafka, groupId, contexts, topicPrefix);
      return byContext.map((one) => ({ projector, generation: undefined, processes: 0, ...one }));
    }
    const each = groups.map(async ({ groupId, members: processes }) => {
      const generation = Number(groupId.slice(prefix.length));
      const byContext = await lagByContext(kafka, groupId, contexts, topicPrefix);
      return byContext.map((one) => ({ projector, generation, processes, ...one }));
    });
    return (await Promise.all(each)).flat();
  });
  return (await Promise.all(lags)).flat();
}

async function lagByContext(
  kafka: KafkaHandle,
  groupId: string,
  contexts: readonly ContextName[],
  topicPrefix: string,
): Promise<readonly Pick<ProjectorLag, 'context' | 'lag' | 'byPartition'>[]> {
  const topics = contexts.map((context) => topicOf(context, topicPrefix));
  const partitions = await consumerLag(kafka, groupId, topics);
  return contexts.map((context) => {
    const own = partitions.filter(({ topic }) => topic === topicOf(context, topicPrefix));
    const byPartition = own.map(({ lag }) => lag);
    return { context, byPartition, lag: byPartition.reduce((sum, lag) => sum + lag, 0n) };
  });
}
