import { settled, unlessAborted } from '@meridian/async';
import { StaleBatchError, type BatchControl, type Log } from '@meridian/messaging';
import { fold, type FedProjection } from '@meridian/projection';
import type { PartitionProgress } from '@meridian/read-store';
import type { ConstantRows } from '../store/constant-rows.ts';
import type { ProgressWriter } from '../store/progress-writer.ts';
import type { ReadModelJournal } from '../store/read-model-journal.ts';
import type { RegionalStore } from '../store/regional-store.ts';
import type { RowWriter } from '../store/row-writer.ts';
import type { Totals } from '../store/totals.ts';
import type { Decoded, ParkingBounds } from './decode-batch.ts';
import { startEventSpans } from './event-spans.ts';
import type { GapDetector } from './gap-detector.ts';
import type { ProjectionObserver } from './observer.ts';
import type { PartitionState } from './partition-state.ts';
import type { PartitionStates } from './partition-states.ts';
import { persist } from './persist.ts';
import { quarantineWrites } from './quarantine-writes.ts';
import type { Waiting } from './waiting.ts';

/** What a handler works with. */
export interface HandlerOptions {
  readonly projection: FedProjection;
  readonly keyspace: string;
  /** Of the topics that batches come from. */
  readonly topicPrefix: string;
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
  readonly constants: ConstantRows;
  readonly journal: ReadModelJournal;
  /** Detects messages that Kafka did not give. Undefined where events do not come from Kafka: their offsets mean nothing. */
  readonly gaps?: GapDetector | undefined;
  /** Counts the messages that wait in Kafka. Undefined where events do not come from Kafka. */
  readonly waiting?: Waiting | undefined;
  /** Told when a region lacks something that was applied. */
  onMissed?(region: string): void;
}

/** The progress of a partition once the decoded events are applied. Undefined when the progress stays where it is. */
export function progressOf(
  { gaps }: Pick<HandlerOptions, 'gaps'>,
  { context, partition }: PartitionState,
  { last, nextOffset }: Decoded,
): PartitionProgress | undefined {
  return last && { context, partition, ...last, nextOffset: gaps ? nextOffset : undefined };
}

/** What is to be applied. */
interface BatchToApply {
  readonly decoded: Decoded;
  /** The progress once the events are applied. Undefined when the progress stays where it is. */
  readonly progress: PartitionProgress | undefined;
  /** The end of the batches that are under way. */
  readonly before: Promise<void>;
}

/**
 * Writes rows and quarantined messages first, and then the progress of the regions that have them. The rows may go out
 * while earlier batches are under way. The progress waits for the progress of these batches. Rejects with
 * StaleBatchError when one of them failed.
 */
export async function apply(
  options: HandlerOptions,
  state: PartitionState,
  { decoded, progress, before }: BatchToApply,
  control: BatchControl,
): Promise<void> {
  const { store, progressWriter, observer } = options;
  const { events, parked } = decoded;
  if (!progress && parked.length === 0) return untilApplied(before);
  const started = performance.now();
  const failing = { control, onFailure: onFailure(options, state.key) };
  let acknowledged = new Set<string>();
  const attempt = async (signal: AbortSignal) => {
    acknowledged = new Set(store.regions);
    await writeRows(options, state, decoded, acknowledged, signal);
  };
  await persist(attempt, failing);
  await untilApplied(before);
  state.quarantine(decoded);
  if (parked.length + decoded.deferred.length > 0) reportQuarantined(options, state, decoded);
  if (!progress) return;
  const complete = state.markApplied(progress, acknowledged);
  const record = async (signal: AbortSignal) => {
    await unlessAborted(signal, state.record(progress, complete, progressWriter));
  };
  await persist(record, { ...failing, isOwed: true });
  observer?.applied?.(state.key, events.length, progress.eventTime, (performance.now() - started) / 1_000);
}

/** Waits for batches that are under way. Rejects with StaleBatchError when one of them failed. */
export async function untilApplied(underWay: Promise<void>): Promise<void> {
  try {
    await underWay;
  } catch {
    throw new StaleBatchError('a batch before this one was not applied');
  }
}

async function writeRows(
  options: HandlerOptions,
  state: PartitionState,
  decoded: Decoded,
  acknowledged: Set<string>,
  signal: AbortSignal,
): Promise<void> {
  const { projection, store, totals, constants, writer, keyspace } = options;
  const { name: projector, generation } = projection;
  const spans = startEventSpans(projector, decoded.events);
  try {
    const { rows, contributions } = fold(decoded.events);
    const sums = await totals.add(state.partition, contributions);
    // Quarantined messages go first. A question that reads rows ahead of the progress can then tell whether the rows
    // lack something.
    await settled(
      quarantineWrites({ keyspace, projector, generation }, state, decoded).map((statements) =>
        store.write(statements, acknowledged, undefined, signal),
      ),
    );
    const missing = constants.missing(rows);
    await writer.writeBy([...missing, ...sums.rows], (statements, placement) =>
      store.write(statements, acknowledged, placement, signal),
    );
    sums.written();
    if (acknowledged.size === store.regions.length) constants.acknowledged(missing);
    spans.end();
  } catch (error) {
    spans.fail(error);
    throw error;
  }
}

/** Counts and logs a failed try of the store. */
export function onFailure({ projection, log, observer }: HandlerOptions, partition: string) {
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
