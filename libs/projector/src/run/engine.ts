import { checkedName } from '@meridian/cassandra';
import { readProgress } from '@meridian/read-store';
import { createOperatorRequestWorker } from '../late/operator-requests.ts';
import { createBatchHandler, type BatchHandler } from '../partition/handle-batch.ts';
import { createGapDetector } from '../partition/gap-detector.ts';
import type { PartitionState } from '../partition/partition-state.ts';
import { createPartitionStates } from '../partition/partition-states.ts';
import { createCatchUp } from '../regions/catch-up.ts';
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
  /** Takes partitions over: what a region lacks in them is brought back. */
  take(partitions: readonly TakenPartition[]): void;
  stop(): Promise<void>;
}

/** What an engine needs. */
export interface EngineOptions extends RunProjectionOptions {
  /** Whether what it applies comes from Kafka; from a journal otherwise, of which nothing is left out. */
  readonly fromKafka: boolean;
}

/** Puts the parts together. Throws when there is no region. */
export function createEngine(options: EngineOptions): Engine {
  const { projection, session, regions, log, observer } = options;
  const keyspace = checkedName(options.keyspace);
  const { name: projector, generation } = projection;
  if (regions.length === 0) throw new Error('a projector needs at least one region');
  const states = createPartitionStates({ session, keyspace, projector, generation, regions });
  const store = createRegionalStore({
    ...options,
    probe: (there) => readProgress(there, keyspace, { projector, generation, region: regions[0] ?? '' }),
    onChange(region, answers) {
      observer?.regionAnswers?.(region, answers);
      if (answers) catchUp.begin(region);
    },
  });
  const writer = createRowWriter({ session, keyspace, generation });
  const reads = createTotalReads(session, writer, { maxInFlight: options.maxRequestsInFlight });
  const progressWriter = createProgressWriter({ session, store, keyspace, projector, generation });
  const journal = createReadModelJournal({ ...options, keyspace, projector, generation });
  const catchUp = createCatchUp({
    ...{ ...options, keyspace, store, states, progressWriter, writer, reads, journal },
    onBehind: (region, partitions, lost) => observer?.regionBehind?.(region, partitions, lost),
  });
  const totals = createTotals(reads, options.keptTotals);
  const gaps = options.fromKafka ? createGapDetector() : undefined;
  const handler = createBatchHandler({
    ...{ ...options, keyspace, store, states, progressWriter, writer, totals, gaps, journal },
    onMissed: catchUp.begin,
  });

  const requests = createOperatorRequestWorker({
    ...{ projection, session, store, writer, reads, states, log, owner: { keyspace, projector, generation } },
    onParked: ({ key, parked }) => observer?.parked?.(key, parked.size),
  });

  /** Does what was left undone. */
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
      for (const { context, partition } of partitions) {
        states
          .get(context, partition)
          .then(takeOver)
          .catch((error: unknown) =>
            // The next batch reads it again, and waits for the store if it must.
            log.warn({ err: error, context, partition }, 'a partition could not be looked at yet'),
          );
      }
    },
    async stop() {
      await idleRewinder?.stop();
      await requests.close();
      await catchUp.stop();
      await store.close();
    },
  };
}

/** Says the progress of every region but home again, in case the last word of it did not get there. */
async function sayProgressAgain(
  state: PartitionState,
  regions: readonly string[],
  progressWriter: ProgressWriter,
): Promise<void> {
  for (const region of regions.slice(1)) {
    const reached = state.ackedProgress(region);
    if (!reached) continue;
    state.markRecorded(reached, [region], await progressWriter.write(reached, [region]));
  }
}
