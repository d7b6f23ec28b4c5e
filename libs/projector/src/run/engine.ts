import { checkedName } from '@meridian/cassandra';
import { readProgress } from '@meridian/read-store';
import { createOperatorRequestWorker } from '../late/operator-requests.ts';
import { createBatchHandler, type BatchHandler } from '../partition/handle-batch.ts';
import { createGapDetector } from '../partition/gap-detector.ts';
import type { PartitionState } from '../partition/partition-state.ts';
import { createPartitionStates } from '../partition/partition-states.ts';
import type { Waiting } from '../partition/waiting.ts';
import { createCatchUp } from '../regions/catch-up.ts';
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

const NOT_TAKEN_OVER = 'a partition could not be read yet; its next batch tries again';

/** Puts the parts of a projector together. Throws when there is no region. */
export function createEngine(options: EngineOptions): Engine {
  const { projection, session, regions, log, observer } = options;
  const keyspace = checkedName(options.keyspace);
  const { name: projector, generation } = projection;
  if (regions.length === 0) throw new Error('a projector needs at least one region');
  const states = createPartitionStates({ session, keyspace, projector, generation, regions });
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
  const progressWriter = createProgressWriter({ session, store, keyspace, projector, generation });
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
  /** Completes what an earlier owner of the partition may have left undone. */
  async function takeOver(state: PartitionState): Promise<void> {
    await sayProgressAgain(state, regions, progressWriter);
    for (const region of state.regionsBehind()) catchUp.begin(region);
    observer?.parked?.(state.key, state.parked.size);
    await requests.takeOver(state);
  }
  const idleRewinder = gaps && createIdleRewinder({ ...options, keyspace }, states, gaps);

  return {
    handler,
    take(partitions) {
      requests.open();
      idleRewinder?.take(partitions);
      for (const { context, partition } of partitions)
        void states
          .get(context, partition)
          .then(takeOver)
          // The next batch reads the partition again, and waits for the store if it must.
          .catch((err: unknown) => log.warn({ err, context, partition }, NOT_TAKEN_OVER));
    },
    async stop() {
      await idleRewinder?.stop();
      await requests.close();
      await catchUp.stop();
      await store.close();
    },
  };
}

/** Writes the progress of every region but home again, in case the last write did not get there. */
async function sayProgressAgain(
  state: PartitionState,
  regions: readonly string[],
  progressWriter: ProgressWriter,
): Promise<void> {
  for (const region of regions.slice(1)) {
    const reached = state.ackedProgress(region);
    if (reached) await state.record(reached, [region], progressWriter);
  }
}
