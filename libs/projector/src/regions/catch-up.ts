import type { CassandraSession } from '@meridian/cassandra';
import { topicOf } from '@meridian/contracts';
import { readRanges, type KafkaHandle, type Log } from '@meridian/messaging';
import type { FedProjection } from '@meridian/projection';
import type { PartitionState } from '../partition/partition-state.ts';
import type { PartitionStates } from '../partition/partition-states.ts';
import type { ProgressWriter } from '../store/progress-writer.ts';
import type { ReadModelJournal } from '../store/read-model-journal.ts';
import type { RegionalStore } from '../store/regional-store.ts';
import type { RowWriter } from '../store/row-writer.ts';
import type { TotalReads } from '../store/total-reads.ts';
import { createGapProof, type GapProof } from './gap-proof.ts';
import { createReapply } from './reapply.ts';

/** Brings regions back that were left behind. */
export interface CatchUp {
  /** Begins with a region, if it answers, lacks something and is not being brought back already. */
  begin(region: string): void;
  stop(): Promise<void>;
}

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

/** The pause after a pass that failed; it doubles with every one that follows. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 16_000;
/** What Kafka does not hold any more it may hold again, when an operator had it published again from the journal. */
const LOST_PAUSE_MS = 60_000;

/** What is to be brought back of one partition. */
interface CatchUpTask {
  readonly state: PartitionState;
  /** The last position that the region may lack, when this began. */
  readonly until: bigint;
  proof: GapProof;
}

/**
 * Makes the catch-up of all regions but home. A pass reads the events that a region lacks from Kafka again, beside the group, and applies them in that region
 * alone; live events go on meanwhile, there too. Only then does the region's progress move.
 */
export function createCatchUp(options: CatchUpOptions): CatchUp {
  const { states, store, projection, topicPrefix, log, progressWriter } = options;
  const reapply = createReapply(options);
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  /** By region: how many passes have failed one after the other, though the region answers. */
  const failures = new Map<string, number>();
  /** Regions whose last pass failed: live events begin no other before the pause is over. */
  const pausing = new Set<string>();
  /** Partitions that Kafka cannot bring back, until when it is not asked again. */
  const lost = new Map<string, number>();

  const lostId = (region: string, { key }: PartitionState) => `${region} ${key}`;
  const behindIn = (region: string) =>
    states.loaded().filter((state) => state.pendingUpTo(region) !== undefined);

  function report(region: string): void {
    const behind = behindIn(region);
    const gone = behind.filter((state) => lost.has(lostId(region, state)));
    options.onBehind?.(region, behind.length, gone.length);
  }

  async function read(
    region: string,
    tasks: readonly CatchUpTask[],
    from: (task: CatchUpTask) => bigint | undefined,
  ) {
    const byPartition = new Map(tasks.map((task) => [topicAndPartition(task.state), task]));
    await readRanges({
      kafka: options.kafka,
      signal: stopping.signal,
      ranges: tasks.map((task) => {
        const { context, partition } = task.state;
        return { topic: topicOf(context, topicPrefix), partition, from: from(task) };
      }),
      async onMessages(topic, partition, messages) {
        const task = byPartition.get(`${topic}/${partition}`);
        if (task) await reapply(region, task.state, task.until, task.proof.take(messages, partition));
      },
    });
  }

  function topicAndPartition({ context, partition }: PartitionState): string {
    return `${topicOf(context, topicPrefix)}/${partition}`;
  }

  async function pass(region: string, behind: readonly PartitionState[]): Promise<void> {
    const tasks = behind.map((state): CatchUpTask => {
      const until = state.pendingUpTo(region) ?? 0n;
      return { state, until, proof: proofOf(region, state, until, options.journal.current()) };
    });
    // One before where the region goes on: an event that it has proves that nothing in between is missing.
    await read(region, tasks, ({ state }) => before(state.ackedProgress(region)?.nextOffset));
    const unproven = tasks.filter(({ proof }) => !proof.isComplete());
    for (const task of unproven)
      task.proof = proofOf(region, task.state, task.until, options.journal.current());
    if (unproven.length > 0) await read(region, unproven, () => undefined);
    for (const task of tasks) {
      if (task.proof.isComplete()) await finish(region, task);
      else giveUp(region, task);
    }
  }

  async function finish(region: string, { state, until, proof }: CatchUpTask): Promise<void> {
    await reapply.copyQuarantined(region, state);
    lost.delete(lostId(region, state));
    const hasAll = state.markCaughtUp(region, until);
    const { context, partition } = state;
    const target = hasAll ? state.applied : { context, partition, ...proof.end() };
    const recorded = await progressWriter.write(target, [region]);
    state.markRecorded(target, [region], recorded);
    const about = { region, partition: state.key, position: target.position.toString() };
    if (state.pendingUpTo(region) === undefined) log.info(about, 'the region has caught up');
  }

  function giveUp(region: string, { state, until }: CatchUpTask): void {
    const reached = state.ackedPosition(region).toString();
    lost.set(lostId(region, state), performance.now() + LOST_PAUSE_MS);
    log.error(
      { projector: projection.name, region, partition: state.key, reached, until: until.toString() },
      'Kafka no longer holds what this region lacks: its progress stands still until the read model is rebuilt',
    );
  }

  async function run(region: string): Promise<void> {
    while (!stopping.signal.aborted && store.isHealthy(region)) {
      const now = performance.now();
      const behind = behindIn(region).filter((one) => (lost.get(lostId(region, one)) ?? 0) <= now);
      report(region);
      if (behind.length === 0) return;
      await pass(region, behind);
      failures.delete(region);
    }
  }

  function later(region: string, pauseMs: number): void {
    if (stopping.signal.aborted) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      pausing.delete(region);
      begin(region);
    }, pauseMs);
    timers.add(timer);
  }

  function pauseAfterFailure(region: string): number {
    // A region that went away says itself when it is back.
    if (!store.isHealthy(region)) return FIRST_PAUSE_MS;
    const failed = failures.get(region) ?? 0;
    failures.set(region, failed + 1);
    pausing.add(region);
    return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failed);
  }

  function begin(region: string): void {
    if (
      running.has(region) ||
      pausing.has(region) ||
      !store.isHealthy(region) ||
      behindIn(region).length === 0
    )
      return report(region);
    const work = run(region).then(
      () => running.delete(region) && behindIn(region).length > 0 && later(region, LOST_PAUSE_MS),
      (error: unknown) => {
        running.delete(region);
        if (stopping.signal.aborted) return;
        log.warn({ err: error, region }, 'a region could not be brought back yet; trying again');
        later(region, pauseAfterFailure(region));
      },
    );
    running.set(
      region,
      work.then(() => undefined),
    );
  }

  return {
    begin,
    async stop() {
      stopping.abort(new Error('the projector stops'));
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running.values());
    },
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
