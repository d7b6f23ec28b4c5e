import type { ContextName, PartitionKey } from '@meridian/contracts';
import { StaleBatchError, type BatchControl, type Log, type ReceivedBatch } from '@meridian/messaging';
import { fold, type FedProjection } from '@meridian/projection';
import type { ProgressWriter } from '../store/progress-writer.ts';
import type { ReadModelJournal } from '../store/read-model-journal.ts';
import type { RegionalStore } from '../store/regional-store.ts';
import type { RowWriter } from '../store/row-writer.ts';
import { settled } from '@meridian/async';
import { slicesOf } from '../store/slices.ts';
import type { Totals } from '../store/totals.ts';
import { quarantineWrites } from './quarantine-writes.ts';
import type { GapDetector } from './gap-detector.ts';
import { decodeBatch, type Decoded, type ParkingBounds } from './decode-batch.ts';
import { traced } from './event-spans.ts';
import type { ProjectionObserver } from './observer.ts';
import type { PartitionState } from './partition-state.ts';
import type { PartitionStates } from './partition-states.ts';
import { persist } from './persist.ts';
import { createPartitionHalts, type PartitionHalts } from './partition-halts.ts';

/** Applies batches of messages to the rows. */
export interface BatchHandler {
  /**
   * Resolves when the batch's rows and then its progress are at a quorum of the home region and of every other region that
   * answers: its offsets may be committed. A region that does not answer is left behind, and its progress stands still. Rejects
   * with HeldBatchError when the partition has to be halted, because no more can be parked, because what comes before the
   * batch is lost, or at an event of another journal; with StaleBatchError when the partition goes on elsewhere or is no longer ours.
   */
  handle(context: ContextName, batch: ReceivedBatch, control: BatchControl): Promise<void>;
  /** Records where a partition's topic goes on after what is applied, if anything is. */
  goesOnAt(context: ContextName, partition: number, nextOffset: bigint, control: BatchControl): Promise<void>;
  /** Partitions that are halted at an event of another journal. */
  foreign(): readonly PartitionKey[];
  /** Forgets what is known of the partitions: they may be another process' by now. */
  forget(): void;
}

/** What a handler works with. */
export interface HandlerOptions {
  readonly projection: FedProjection;
  readonly keyspace: string;
  readonly log: Log;
  readonly observer?: ProjectionObserver | undefined;
  /** How much a partition quarantines before it is halted. */
  readonly parkingBounds?: ParkingBounds | undefined;
  /** How many events are folded together at most. */
  readonly maxEventsPerFold?: number | undefined;
  readonly store: RegionalStore;
  readonly states: PartitionStates;
  readonly progressWriter: ProgressWriter;
  readonly writer: RowWriter;
  readonly totals: Totals;
  readonly journal: ReadModelJournal;
  /** Watches that nothing is left out of what Kafka gives; without it Kafka is not the source, and offsets mean nothing. */
  readonly gaps?: GapDetector | undefined;
  /** Told when a region has not got what was applied. */
  onMissed?(region: string): void;
}

/** Large orders name hundreds of totals each: what they name is in memory while they are applied. */
const MAX_BYTES_PER_FOLD = 4 * 1024 * 1024;

/** Makes the handler of one process. */
export function createBatchHandler(options: HandlerOptions): BatchHandler {
  const { projection, states, totals, observer, gaps, journal, maxEventsPerFold = 2_000 } = options;
  const halts = createPartitionHalts(projection.name, options.log, observer);

  async function handleSlice(state: PartitionState, slice: ReceivedBatch['messages'], control: BatchControl) {
    let rest = slice;
    for (;;) {
      const decoded = await state.mutex(async () => {
        const found = decodeBatch(rest, state, projection, options.parkingBounds, journal.current());
        await apply(options, state, found, control);
        return found;
      });
      if (decoded.goOnAt === undefined) return;
      rest = rest.slice(decoded.goOnAt);
      if (decoded.isFull) throw halts.halt(state.key, 'full');
      if (decoded.foreign) {
        const about = { ...decoded.foreign, ours: journal.current() };
        // Read again before the next try: an operator may have said whose the read model is.
        await learn(options, state.key, control, () => journal.reload());
        throw halts.halt(state.key, 'foreign', about);
      }
    }
  }

  return {
    async handle(context, batch, control) {
      const state = await loadState(options, context, batch.partition, control);
      await learn(options, state.key, control, () => journal.learn(batch.messages));
      if (gaps) holdTogether(gaps, state, batch, control, halts);
      const bounds = { maxItems: maxEventsPerFold, maxBytes: MAX_BYTES_PER_FOLD };
      for (const slice of slicesOf(batch.messages, ({ value }) => value?.length ?? 0, bounds))
        await handleSlice(state, slice, control);
      halts.resume(state.key);
      const nextOffset = gaps?.passed(state, batch);
      if (nextOffset !== undefined) await noteOffset(options, state, nextOffset, control);
    },
    async goesOnAt(context, partition, nextOffset, control) {
      const state = await loadState(options, context, partition, control);
      if (state.applied.position > 0n) await noteOffset(options, state, nextOffset, control);
    },
    foreign: () => halts.haltedFor('foreign'),
    forget() {
      states.forget();
      totals.forget();
      halts.forget();
      observer?.revoked?.();
    },
  };
}

/** Learns whose events these are, again and again until store and journal answer. */
function learn(
  { projection, log }: HandlerOptions,
  partition: PartitionKey,
  control: BatchControl,
  work: () => Promise<void>,
): Promise<void> {
  const onFailure = (error: unknown, tries: number) =>
    log.warn(
      { err: error, projector: projection.name, partition, tries },
      'it cannot be told yet of which journal the read model is; trying again',
    );
  return persist(work, { control, onFailure });
}

/** Sees to it that nothing is left out between what was applied and a batch; throws what ends the batch otherwise. */
function holdTogether(
  gaps: GapDetector,
  state: PartitionState,
  batch: ReceivedBatch,
  control: BatchControl,
  halts: PartitionHalts,
): void {
  if (control.isStale()) throw new StaleBatchError('the partition is no longer ours');
  const found = gaps.check(state, batch);
  if (found.kind === 'follows') return;
  if (found.kind === 'rewind') {
    control.goOnAt(found.offset);
    throw new StaleBatchError(`the partition goes on at offset ${found.offset}`);
  }
  const { position, nextOffset } = state.applied;
  throw halts.halt(state.key, 'lost', {
    applied: position.toString(),
    goesOnAt: nextOffset?.toString() ?? 'the beginning',
    oldest: batch.messages[0]?.offset,
  });
}

/** What was read again moves no position; where its partition goes on is recorded all the same, for Kafka drops what is old. */
async function noteOffset(
  options: HandlerOptions,
  state: PartitionState,
  nextOffset: bigint,
  control: BatchControl,
): Promise<void> {
  if (nextOffset <= (state.applied.nextOffset ?? 0n)) return;
  const { progressWriter } = options;
  await state.mutex(async () => {
    const progress = state.markResumeAt(nextOffset);
    const complete = state.completeRegions();
    const record = async () => {
      const recorded = await progressWriter.write(progress, complete);
      state.markRecorded(progress, recorded, recorded);
    };
    await persist(record, { control, onFailure: onFailure(options, state.key) });
  });
}

async function loadState(
  options: HandlerOptions,
  context: ContextName,
  partition: number,
  control: BatchControl,
): Promise<PartitionState> {
  let state: PartitionState | undefined;
  const load = async () => {
    state = await options.states.get(context, partition);
  };
  await persist(load, { control, onFailure: onFailure(options, `${context}/${partition}`) });
  if (!state) throw new Error('a partition’s state was not read');
  return state;
}

/** Rows and what is parked first, then the progress of the regions that have them. */
async function apply(
  options: HandlerOptions,
  state: PartitionState,
  decoded: Decoded,
  control: BatchControl,
) {
  const { projection, store, progressWriter, observer, gaps } = options;
  const { events, parked, last } = decoded;
  const nextOffset = gaps ? decoded.nextOffset : undefined;
  if (!last && parked.length === 0) return;
  const started = performance.now();
  const failing = { control, onFailure: onFailure(options, state.key) };
  let acknowledged = new Set<string>();
  const attempt = async () => {
    acknowledged = new Set(store.regions);
    const recorded = events.map(({ event }) => event);
    await traced(projection.name, recorded, () => writeRows(options, state, decoded, acknowledged));
  };
  await persist(attempt, failing);
  state.quarantine(decoded);
  reportQuarantined(options, state, decoded);
  if (!last) return;
  const progress = { context: state.context, partition: state.partition, ...last, nextOffset };
  const complete = state.markApplied(progress, acknowledged);
  await persist(async () => {
    const recorded = await progressWriter.write(progress, complete);
    state.markRecorded(progress, complete, recorded);
  }, failing);
  for (const region of state.regionsBehind()) options.onMissed?.(region);
  observer?.applied?.(state.key, events.length, last.eventTime, (performance.now() - started) / 1_000);
}

async function writeRows(
  options: HandlerOptions,
  state: PartitionState,
  decoded: Decoded,
  acknowledged: Set<string>,
): Promise<void> {
  const { projection, store, totals, writer, keyspace } = options;
  const { name: projector, generation } = projection;
  const { rows, contributions } = fold(decoded.events);
  const sums = await totals.add(state.partition, contributions);
  await settled([
    writer.writeBy([...rows, ...sums.rows], (statements, placement) =>
      store.write(statements, acknowledged, placement),
    ),
    ...quarantineWrites({ keyspace, projector, generation }, state, decoded).map((statements) =>
      store.write(statements, acknowledged),
    ),
  ]);
  sums.written();
}

function onFailure({ projection, log, observer }: HandlerOptions, partition: string) {
  return (error: unknown, tries: number) => {
    observer?.failed?.('store');
    const about = { err: error, projector: projection.name, partition, tries };
    log.warn(about, 'the store did not take it; trying again');
  };
}

/** Reports what was quarantined: one line per event. */
function reportQuarantined(
  { projection, log, observer }: HandlerOptions,
  state: PartitionState,
  decoded: Decoded,
): void {
  for (const { reason, aggregateId, position, type } of decoded.parked) {
    if (!reason) continue;
    observer?.failed?.('event');
    const about = { projector: projection.name, partition: state.key, aggregateId, type, reason };
    log.error(
      { ...about, position: position.toString() },
      'an event cannot be applied: its aggregate is parked',
    );
  }
  for (const { type } of decoded.deferred) {
    observer?.unknownType?.(type);
    const about = { projector: projection.name, partition: state.key, type };
    log.warn(about, 'an event of an unknown type is kept for a version that knows it');
  }
  if (decoded.parked.length > 0) observer?.parked?.(state.key, state.parked.size);
}
