import { createLimiter } from '@meridian/async';
import type { CassandraSession } from '@meridian/cassandra';
import { topicOf } from '@meridian/contracts';
import { readRanges, type KafkaHandle, type Log } from '@meridian/messaging';
import type { FedProjection } from '@meridian/projection';
import type { PartitionProgress } from '@meridian/read-store';
import type { PartitionState } from '../partition/partition-state.ts';
import type { PartitionStates } from '../partition/partition-states.ts';
import { createProgressWriter, type ProgressWriter } from '../store/progress-writer.ts';
import type { ReadModelJournal } from '../store/read-model-journal.ts';
import type { RegionalStore } from '../store/regional-store.ts';
import type { RowWriter } from '../store/row-writer.ts';
import type { TotalReads } from '../store/total-reads.ts';
import {
  createPartitionCatchUp,
  type PartitionCatchUp,
  type PartitionCatchUpOptions,
} from './partition-catch-up.ts';
import { createReapply } from './reapply.ts';

/** What catching up needs. */
export interface CatchUpOptions {
  readonly projection: FedProjection;
  readonly session: CassandraSession;
  readonly kafka: KafkaHandle;
  readonly keyspace: string;
  readonly topicPrefix: string;
  readonly store: RegionalStore;
  /** Connects to a region by itself. Without it no region is brought back: writes wait for all regions. */
  connectRegion?(region: string): Promise<CassandraSession>;
  readonly states: PartitionStates;
  readonly writer: RowWriter;
  readonly reads: TotalReads;
  /** How many partitions of a region are brought back at once. */
  readonly catchUpPartitions?: number | undefined;
  readonly journal: Pick<ReadModelJournal, 'current'>;
  readonly log: Log;
  /** Told how many partitions a region is behind in, and in how many of them Kafka cannot bring it back. */
  onBehind?(region: string, partitions: number, lost: number): void;
}

/** Kafka may hold lost events again after a while: an operator can publish them again from the journal. */
export const LOST_PAUSE_MS = 60_000;

/** Why a region cannot be brought back from Kafka. */
const GONE = 'Kafka no longer holds what this region lacks';
const DISCARDED = 'this region lacks events from before an operator discarded some of them';

/** Partitions of a region that Kafka cannot bring back. */
export class LostPartitions {
  /** By region and partition: until when Kafka is not asked again. */
  readonly #untilMs = new Map<string, number>();

  has(region: string, state: PartitionState): boolean {
    return this.#untilMs.has(idOf(region, state));
  }

  /** Whether Kafka may be asked for the partition, again or for the first time. */
  mayBeAsked(region: string, state: PartitionState): boolean {
    return (this.#untilMs.get(idOf(region, state)) ?? 0) <= performance.now();
  }

  add(region: string, state: PartitionState): void {
    this.#untilMs.set(idOf(region, state), performance.now() + LOST_PAUSE_MS);
  }

  delete(region: string, state: PartitionState): void {
    this.#untilMs.delete(idOf(region, state));
  }
}

const idOf = (region: string, { key }: PartitionState): string => `${region} ${key}`;

/** What the catch-up tells each of its passes. */
export interface PassOptions {
  readonly lost: LostPartitions;
  readonly signal: AbortSignal;
  /** Told of each partition in which a region has caught up. */
  onCaughtUp(region: string): void;
}

/** With a distance of 80 ms, one or two partitions fill the requests that may be under way to a region. */
const PARTITIONS_AT_ONCE = 4;

/**
 * Brings partitions of a region back, as far as Kafka holds the events that the region lacks. Other partitions are
 * noted as lost. So is a partition in which the region lacks events from before a discard: it would apply what was discarded.
 * Where the region lacks no event, Kafka is not asked: only the progress is recorded. One consumer reads several partitions at
 * once. The region's progress moves with each slice that is applied. So a later pass begins where this pass ended, whatever
 * ended it. When one partition fails, the pass still brings the others back, and rejects at the end. It also rejects when Kafka
 * or the region's store does not answer.
 */
export function createCatchUpPass(
  options: CatchUpOptions,
  { lost, signal, onCaughtUp }: PassOptions,
): (region: string, behind: readonly PartitionState[]) => Promise<void> {
  const { projection, topicPrefix, log, journal, catchUpPartitions = PARTITIONS_AT_ONCE } = options;
  const reapply = createReapply(options);
  const { name: projector, generation } = projection;
  // A writer of its own: live events must not wait for the records of a pass.
  const progressWriter = createProgressWriter({ ...options, projector, generation });

  async function read(
    tasks: readonly PartitionCatchUp[],
    from: (state: PartitionState) => bigint | undefined,
  ): Promise<void> {
    const topicIn = (state: PartitionState) => topicOf(state.context, topicPrefix);
    const byPartition = new Map(
      tasks.map((task) => [`${topicIn(task.state)}/${task.state.partition}`, task]),
    );
    try {
      await readRanges({
        kafka: options.kafka,
        signal,
        partitionsAtOnce: catchUpPartitions,
        ranges: tasks.map(({ state }) => ({
          topic: topicIn(state),
          partition: state.partition,
          from: from(state),
        })),
        onMessages: async (topic, partition, messages) =>
          (await byPartition.get(`${topic}/${partition}`)?.take(messages)) ?? 'enough',
      });
    } finally {
      await Promise.all(tasks.map((task) => task.ended()));
    }
  }

  function giveUp(region: string, state: PartitionState, why: string): void {
    const reached = state.ackedPosition(region).toString();
    lost.add(region, state);
    log.error(
      {
        projector: projection.name,
        region,
        partition: state.key,
        reached,
        until: String(state.pendingUpTo(region)),
      },
      `${why}: its progress stands still until the read model is rebuilt`,
    );
  }

  return async function pass(region, behind) {
    const record = recordWith(progressWriter, log, region, () => onCaughtUp(region));
    const isUnknown = (state: PartitionState) => state.ackedPosition(region) < state.discardedUpTo;
    for (const state of behind.filter(isUnknown)) giveUp(region, state, DISCARDED);
    const known = behind.filter((state) => !isUnknown(state));
    const tasks = known.map((state) =>
      createPartitionCatchUp({ ...options, region, state, reapply, journalId: journal.current, record }),
    );
    const inTurn = createLimiter(catchUpPartitions);
    await Promise.all(tasks.filter(({ hasAll }) => hasAll).map((task) => inTurn(() => task.confirm())));
    const lacking = tasks.filter(({ hasAll }) => !hasAll);
    // Reads from one message before the region's next offset. When the region has that event, nothing in between is missing.
    if (lacking.length > 0) await read(lacking, (state) => before(state.ackedProgress(region)?.nextOffset));
    const unproven = tasks.filter((task) => task.outcome() === 'unproven');
    for (const task of unproven) task.beginAgain();
    if (unproven.length > 0) await read(unproven, () => undefined);
    for (const task of tasks) {
      if (task.outcome() === 'unproven') giveUp(region, task.state, GONE);
      if (task.outcome() === 'done') lost.delete(region, task.state);
    }
    for (const task of tasks) if (task.outcome() === 'failed') throw task.failure;
  };
}

/**
 * Records how far a pass has brought a partition back. At the end, records that the region has caught up. When the last
 * record fails, or the region does not acknowledge it, the region still counts as behind. So a later pass records it.
 */
export function recordWith(
  progressWriter: ProgressWriter,
  log: Log,
  region: string,
  onCaughtUp: () => void,
): PartitionCatchUpOptions['record'] {
  async function finish(state: PartitionState, until: bigint, reached: PartitionProgress): Promise<void> {
    const isCaughtUp = state.markCaughtUp(region, until);
    // A region may be ahead of home, when another region was home before.
    const target = isCaughtUp && state.applied.position >= reached.position ? state.applied : reached;
    try {
      // Also at the position that the region acknowledged, as home knows: the record may not have reached the region itself.
      if (target.position >= state.ackedPosition(region)) {
        const recorded = await state.record(target, [region], progressWriter);
        if (!recorded.has(region)) throw new Error(`${region} has not acknowledged its progress`);
      }
    } catch (error) {
      // A live batch may have recorded a later progress of the region in the meantime.
      if (target.position >= state.ackedPosition(region)) state.markRecorded(target, [region], new Set());
      throw error;
    }
    onCaughtUp();
    const about = { region, partition: state.key, position: target.position.toString() };
    if (state.pendingUpTo(region) === undefined) log.info(about, 'the region has caught up');
  }

  return async function record(state, until, reached, isComplete) {
    const { context, partition } = state;
    const progress = { context, partition, ...reached };
    if (isComplete) await finish(state, until, progress);
    // When a range was published again, the pass may take the range a second time. The progress does not go back.
    else if (reached.position > state.ackedPosition(region))
      await state.record(progress, [region], progressWriter);
  };
}

function before(offset: bigint | undefined): bigint | undefined {
  return offset === undefined || offset === 0n ? offset : offset - 1n;
}
