import type { CassandraSession } from '@meridian/cassandra';
import { topicOf } from '@meridian/contracts';
import { readRanges, type KafkaHandle, type Log } from '@meridian/messaging';
import type { FedProjection } from '@meridian/projection';
import type { PartitionProgress } from '@meridian/read-store';
import type { PartitionState } from '../partition/partition-state.ts';
import type { PartitionStates } from '../partition/partition-states.ts';
import type { ProgressWriter } from '../store/progress-writer.ts';
import type { ReadModelJournal } from '../store/read-model-journal.ts';
import type { RegionalStore } from '../store/regional-store.ts';
import type { RowWriter } from '../store/row-writer.ts';
import type { TotalReads } from '../store/total-reads.ts';
import { createGapProof, type GapProof, type Reached } from './gap-proof.ts';
import { createReapply } from './reapply.ts';

/** What catching up needs. */
export interface CatchUpOptions {
  readonly projection: FedProjection;
  readonly session: CassandraSession;
  readonly kafka: KafkaHandle;
  readonly keyspace: string;
  readonly topicPrefix: string;
  readonly store: RegionalStore;
  readonly states: PartitionStates;
  readonly writer: RowWriter;
  readonly reads: TotalReads;
  readonly progressWriter: ProgressWriter;
  readonly journal: Pick<ReadModelJournal, 'current'>;
  readonly log: Log;
  /** Told how many partitions a region is behind in, and in how many of them Kafka cannot bring it back. */
  onBehind?(region: string, partitions: number, lost: number): void;
}

/** What Kafka does not hold any more it may hold again, when an operator had it published again from the journal. */
export const LOST_PAUSE_MS = 60_000;

/** Partitions of a region that Kafka cannot bring back. */
export class LostPartitions {
  /** Until when Kafka is not asked again. */
  readonly #untilMs = new Map<string, number>();

  has(region: string, state: PartitionState): boolean {
    return this.#untilMs.has(idOf(region, state));
  }

  /** Whether Kafka may be asked for it, again or for the first time. */
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

/** What is to be brought back of one partition. */
interface CatchUpTask {
  readonly state: PartitionState;
  /** The last position that the region may lack, when this began. */
  readonly until: bigint;
  proof: GapProof;
  /** The region has all of it, and this is recorded. */
  isDone: boolean;
  /** Why it could not be brought back; the other partitions go on. */
  failure?: Error;
}

/**
 * Brings partitions of a region back, as far as Kafka holds what the region lacks. What Kafka does not hold is noted as
 * lost. The region's progress moves with each piece that Kafka gives: what a pass has brought, no later pass brings again,
 * whatever ends it. Rejects when Kafka or the region's store does not answer.
 */
export function createCatchUpPass(
  options: CatchUpOptions,
  lost: LostPartitions,
  signal: AbortSignal,
): (region: string, behind: readonly PartitionState[]) => Promise<void> {
  const { projection, topicPrefix, log } = options;
  const reapply = createReapply(options);
  const record = recordWith(options, lost);

  function topicAndPartition({ context, partition }: PartitionState): string {
    return `${topicOf(context, topicPrefix)}/${partition}`;
  }

  async function read(
    region: string,
    tasks: readonly CatchUpTask[],
    from: (task: CatchUpTask) => bigint | undefined,
  ) {
    const byPartition = new Map(tasks.map((task) => [topicAndPartition(task.state), task]));
    await readRanges({
      kafka: options.kafka,
      signal,
      ranges: tasks.map((task) => {
        const { context, partition } = task.state;
        return { topic: topicOf(context, topicPrefix), partition, from: from(task) };
      }),
      async onMessages(topic, partition, messages) {
        const task = byPartition.get(`${topic}/${partition}`);
        if (!task || task.isDone || task.failure) return;
        try {
          await reapply(region, task.state, task.until, task.proof.take(messages, partition));
          await record(region, task);
        } catch (error) {
          task.failure = error instanceof Error ? error : new Error(String(error));
        }
      },
    });
    for (const { failure } of tasks) if (failure) throw failure;
  }

  function giveUp(region: string, { state, until }: CatchUpTask): void {
    const reached = state.ackedPosition(region).toString();
    lost.add(region, state);
    log.error(
      { projector: projection.name, region, partition: state.key, reached, until: until.toString() },
      'Kafka no longer holds what this region lacks: its progress stands still until the read model is rebuilt',
    );
  }

  return async function pass(region, behind) {
    const tasks = behind.map((state): CatchUpTask => {
      const until = state.pendingUpTo(region) ?? 0n;
      return { state, until, isDone: false, proof: proofOf(region, state, until, options.journal.current()) };
    });
    // Who reads a part of what was lacking has to be told what is put aside in it.
    for (const { state } of tasks) await reapply.copyQuarantined(region, state);
    // One before where the region goes on: an event that it has proves that nothing in between is missing.
    await read(region, tasks, ({ state }) => before(state.ackedProgress(region)?.nextOffset));
    const unproven = tasks.filter(({ isDone }) => !isDone);
    for (const task of unproven)
      task.proof = proofOf(region, task.state, task.until, options.journal.current());
    if (unproven.length > 0) await read(region, unproven, () => undefined);
    for (const task of tasks) if (!task.isDone) giveUp(region, task);
  };
}

/** Records what was brought of a partition so far; at the end, that the region has caught up. */
function recordWith(
  { progressWriter, log }: CatchUpOptions,
  lost: LostPartitions,
): (region: string, task: CatchUpTask) => Promise<void> {
  async function writeProgress(
    region: string,
    state: PartitionState,
    progress: PartitionProgress,
  ): Promise<void> {
    const recorded = await progressWriter.write(progress, [region]);
    state.markRecorded(progress, [region], recorded);
  }

  async function finish(region: string, { state, until }: CatchUpTask, reached: Reached): Promise<void> {
    lost.delete(region, state);
    const hasAll = state.markCaughtUp(region, until);
    const { context, partition } = state;
    const target = hasAll ? state.applied : { context, partition, ...reached };
    if (target.position > state.ackedPosition(region)) await writeProgress(region, state, target);
    const about = { region, partition: state.key, position: target.position.toString() };
    if (state.pendingUpTo(region) === undefined) log.info(about, 'the region has caught up');
  }

  return async function record(region, task) {
    const reached = task.proof.reached();
    if (!reached) return;
    if (task.proof.isComplete()) {
      await finish(region, task, reached);
      task.isDone = true;
      return;
    }
    // A range that was published again may be taken once more from where this pass began.
    const { state } = task;
    if (reached.position <= state.ackedPosition(region)) return;
    await writeProgress(region, state, { context: state.context, partition: state.partition, ...reached });
  };
}

function proofOf(
  region: string,
  state: PartitionState,
  until: bigint,
  journalId: string | undefined,
): GapProof {
  const { position: after = 0n, nextOffset } = state.ackedProgress(region) ?? {};
  return createGapProof({ after, until, nextOffset, journalId });
}

function before(offset: bigint | undefined): bigint | undefined {
  return offset === undefined || offset === 0n ? offset : offset - 1n;
}
