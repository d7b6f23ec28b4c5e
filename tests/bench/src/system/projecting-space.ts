import { connectCassandra, ensureKeyspace } from '@meridian/cassandra';
import { topicOf } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka, deleteTopics } from '@meridian/messaging';
import { setTimeout as pause } from 'node:timers/promises';
import type { AppliedBatch, LiveAnswer, LiveQuestion, RegionNews } from '../processes/live-projector.ts';
import type { EventMix } from '../processes/order-events.ts';
import type { PublishAnswer, PublishQuestion } from '../processes/publish-events.ts';
import type { BenchSystem } from './bench-system.ts';
import { startChild, type Child } from './child.ts';
import { contactPointOf, replicasIn } from './read-space.ts';

/** A topic of orders with its publisher, and the projectors of one group that follow it. */
export interface ProjectingSpace {
  readonly projectors: readonly Child[];
  /** The projector joins its group; resolves when the group's partitions are spread over all members. */
  join(projector: Child): Promise<void>;
  /** The projector leaves; resolves when the other members have its partitions. */
  leave(projector: Child): Promise<void>;
  /**
   * Publishes events and waits until all are applied. Resolves with the seconds from the first send to the last applied
   * event.
   */
  project(mix: EventMix): Promise<number>;
  publish(question: PublishQuestion): Promise<PublishAnswer>;
  /** What all projectors applied since the last call. */
  applied(): Promise<readonly AppliedBatch[]>;
  /** What happened to regions since the last call, as all projectors see it. */
  news(): Promise<readonly RegionNews[]>;
  stop(): Promise<void>;
}

const POLL_MS = 10;

/** Where a space is. */
export interface SpaceOptions {
  readonly keyspace: string;
  readonly projectors: number;
  /** The position after which the space's events continue, for a kept keyspace. */
  readonly afterPosition?: bigint;
  /** Whether a region that is away is left behind and brought back. Without it, writes wait for every region. */
  readonly leavesBehind?: boolean;
}

/** Makes a space: a keyspace, a topic, a publisher and projectors that have not joined their group yet. */
export async function startSpace(system: BenchSystem, options: SpaceOptions): Promise<ProjectingSpace> {
  const { keyspace } = options;
  const topicPrefix = `${keyspace}_${Date.now() % 100_000_000}`;
  const [home = ''] = system.regions;
  const cassandra = contactPointOf(system, home);
  await ensureSpace(system, keyspace, { home, cassandra });
  const environment = {
    BENCH_BROKERS: system.brokers.join(','),
    BENCH_REGIONS: system.regions.join(','),
    BENCH_CASSANDRA: cassandra,
    BENCH_KEYSPACE: keyspace,
    BENCH_SPACE: topicPrefix,
    BENCH_POSITION: String(options.afterPosition ?? 0n),
    BENCH_LEAVES_BEHIND: options.leavesBehind === true ? 'yes' : 'no',
  };
  const publisher = await startChild('publish-events.ts', environment);
  const projectors = await Promise.all(
    Array.from({ length: options.projectors }, () => startChild('live-projector.ts', environment)),
  );
  const joined = new Set<Child>();
  const collected: AppliedBatch[] = [];
  const heard: RegionNews[] = [];

  async function look(): Promise<readonly number[]> {
    const answers = await Promise.all(
      [...joined].map((child) => child.ask<LiveAnswer>({ kind: 'tell' } satisfies LiveQuestion)),
    );
    collected.push(...answers.flatMap(({ applied }) => applied));
    heard.push(...answers.flatMap(({ news }) => news));
    return answers.map(({ partitions }) => partitions);
  }
  async function spread(): Promise<void> {
    const share = SHARD_COUNT / joined.size;
    while ((await look()).some((partitions) => partitions !== share)) await pause(POLL_MS);
  }
  const applied = async () => {
    await look();
    return collected.splice(0);
  };
  const publish = (question: PublishQuestion) => publisher.ask<PublishAnswer>(question);

  return {
    projectors,
    applied,
    async news() {
      await look();
      return heard.splice(0);
    },
    publish,
    async join(projector) {
      joined.add(projector);
      await projector.ask({ kind: 'join' } satisfies LiveQuestion);
      await spread();
    },
    async leave(projector) {
      joined.delete(projector);
      const { applied: last } = await projector.ask<LiveAnswer>({ kind: 'leave' } satisfies LiveQuestion);
      collected.push(...last);
      await spread();
    },
    project: (mix) => projectAll(mix, publish, applied),
    async stop() {
      await Promise.all([publisher, ...projectors].map((child) => child.stop()));
      await deleteTopics(connectKafka({ brokers: system.brokers, clientId: 'bench-space' }), [
        topicOf('orders', topicPrefix),
      ]);
    },
  };
}

/** Resolves with the seconds from the first send to the last applied event. */
async function projectAll(
  mix: EventMix,
  publish: ProjectingSpace['publish'],
  applied: ProjectingSpace['applied'],
): Promise<number> {
  await applied();
  const startedMs = Date.now();
  let { events: left } = await publish({ kind: 'publish', mix });
  let lastMs = startedMs;
  while (left > 0) {
    for (const { events, atMs } of await applied()) {
      left -= events;
      lastMs = Math.max(lastMs, atMs);
    }
    if (left > 0) await pause(POLL_MS);
  }
  return (lastMs - startedMs) / 1_000;
}

/** Creates the keyspace of a space, with as many replicas per region as there are nodes, if the keyspace is missing. */
async function ensureSpace(
  system: BenchSystem,
  keyspace: string,
  { home, cassandra }: { readonly home: string; readonly cassandra: string },
): Promise<void> {
  const session = await connectCassandra({ contactPoints: [cassandra], localDataCenter: home });
  await ensureKeyspace(session, keyspace, replicasIn(system));
  await session.close();
}
