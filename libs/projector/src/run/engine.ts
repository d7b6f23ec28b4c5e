import { checkedName } from '@meridian/cassandra';
import { readProgress } from '@meridian/read-store';
import { createOperatorRequestWorker, type OperatorRequestWorker } from '../late/operator-requests.ts';
import { createBatchHandler, type BatchHandler } from '../partition/handle-batch.ts';
import { createGapDetector } from '../partition/gap-detector.ts';
import type { PartitionState } from '../partition/partition-state.ts';
import { createPartitionStates } from '../partition/partition-states.ts';
import type { Waiting } from '../partition/waiting.ts';
import { createCatchUp, type CatchUp } from '../regions/catch-up.ts';
import { createConstantRows } from '../store/constant-rows.ts';
import type { OtherRegionsOptions } from '../store/other-regions.ts';
import { createProgressWriter, type ProgressWriter } from '../store/progress-writer.ts';
import { createReadModelJournal } from '../store/read-model-journal.ts';
import { createRegionalStore } from '../store/regional-store.ts';
import { createRowWriter } from '../store/row-writer.ts';
import { createTotalReads } from '../store/total-reads.ts';
import { createTotals } from '../store/totals.ts';
import { createIdleRewinder, type TakenPartition } from './idle-rewinder.ts';
import type { RunProjectionOptions } from './options.ts';
import { createTakeOver } from './take-over.ts';

/** The parts of a projector at work, put together. */
export interface Engine {
  readonly handler: BatchHandler;
  /** Takes partitions over, and brings back the regions that lack something in them. */
  take(partitions: readonly TakenPartition[]): void;
  stop(): Promise<void>;
}

/** What an engine is made of, and where its events come from. */
export interface EngineOptions extends RunProjectionOptions, Pick<OtherRegionsOptions, 'probePauseMs'> {
  /** Whether events come from Kafka. Otherwise they come from the journal, which leaves none out. */
  readonly fromKafka: boolean;
  /** Counts the messages that wait in Kafka. */
  readonly waiting?: Waiting;
}

/** Puts the parts of a projector together. Throws when there is no region. */
export function createEngine(options: EngineOptions): Engine {
  const { projection, session, regions, log, observer } = options;
  const keyspace = checkedName(options.keyspace);
  const { name: projector, generation } = projection;
  if (regions.length === 0) throw new Error('a projector needs at least one region');
  const kept = { session, keyspace, projector, generation };
  const states = createPartitionStates({ ...kept, regions });
  const constants = createConstantRows();
  const store = createRegionalStore({
    ...options,
    probe: (there) => readProgress(there, keyspace, { projector, generation, region: regions[0] ?? '' }),
    onChange(region, answers) {
      observer?.regionAnswers?.(region, answers);
      // A store that was away may have lost its last acknowledged writes.
      constants.forget();
      if (answers) catchUp.begin(region);
    },
  });
  const writer = createRowWriter({ session, keyspace, generation });
  const reads = createTotalReads(session, writer, { maxInFlight: options.maxRequestsInFlight });
  const progressWriter = createProgressWriter({ ...kept, store, homeLast: !options.fromKafka });
  const journal = createReadModelJournal({ ...options, keyspace, projector, generation });
  const stored = { keyspace, store, states, progressWriter, writer, journal, constants };
  const catchUp = createCatchUp({
    ...options,
    ...stored,
    reads,
    onBehind: (region, partitions, lost) => observer?.regionBehind?.(region, partitions, lost),
  });
  const gaps = options.fromKafka ? createGapDetector() : undefined;
  const handler = createBatchHandler({
    ...options,
    ...stored,
    totals: createTotals(reads, options.keptTotals),
    gaps,
    onMissed: catchUp.begin,
  });
  const requests = createOperatorRequestWorker({
    ...stored,
    projection,
    session,
    reads,
    log,
    owner: { keyspace, projector, generation },
    onParked: ({ key, parked }) => observer?.parked?.(key, parked.size),
  });
  const takeOver = createTakeOver({
    states,
    log,
    projector,
    rewinder: gaps && createIdleRewinder({ ...options, keyspace }, states, gaps),
    complete: (state) => complete(state, { ...options, catchUp, requests, progressWriter }),
  });

  return {
    handler: forgetting(handler, takeOver.end),
    take(partitions) {
      requests.open();
      takeOver.begin(partitions);
    },
    async stop() {
      await takeOver.stop();
      await requests.close();
      await catchUp.stop();
      await store.close();
    },
  };
}

/** The same handler, which also does this before it forgets all partitions. */
const forgetting = (handler: BatchHandler, first: () => void): BatchHandler => ({
  ...handler,
  forget() {
    first();
    handler.forget();
  },
});

/** What completing the work of an earlier owner needs. */
interface CompleteParts extends Pick<EngineOptions, 'regions' | 'observer'> {
  readonly catchUp: CatchUp;
  readonly requests: OperatorRequestWorker;
  readonly progressWriter: ProgressWriter;
}

/** Completes what an earlier owner of a partition may have left undone. Rejects while home does not take the progress. */
async function complete(
  state: PartitionState,
  { regions, observer, catchUp, requests, progressWriter }: CompleteParts,
): Promise<void> {
  const bringBack = () => state.regionsBehind().forEach(catchUp.begin);
  bringBack();
  observer?.parked?.(state.key, state.parked.size);
  void requests.takeOver(state);
  await sayProgressAgain(state, regions, progressWriter);
  // A region that has not acknowledged its progress counts as behind now.
  bringBack();
}

/**
 * Writes the progress of every region again, in case the last write did not get there. If an earlier version wrote it, it lacks what
 * was ever put aside, and has it from now on, also where no further event comes.
 */
async function sayProgressAgain(
  state: PartitionState,
  regions: readonly string[],
  progressWriter: ProgressWriter,
): Promise<void> {
  for (const region of regions) {
    const reached = state.ackedProgress(region);
    if (reached) await state.record(reached, [region], progressWriter);
  }
}
