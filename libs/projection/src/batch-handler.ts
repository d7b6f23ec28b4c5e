import { fromMessage, partitionKey, type ContextName, type PartitionKey } from '@meridian/contracts';
import {
  StaleBatchError,
  type BatchControl,
  type ReceivedBatch,
  type ReceivedMessage,
} from '@meridian/messaging';
import { traced } from './event-spans.ts';
import { fold } from './fold.ts';
import { pauseWhileBeating, persist } from './persist.ts';
import { createProgressWriter } from './progress-writer.ts';
import { readProgress } from './progress.ts';
import { toRecordedEvent, type RecordedEvent } from './projection.ts';
import type { RowWriter } from './row-writer.ts';
import type { RunProjectionOptions } from './run-projection.ts';
import type { Totals } from './totals.ts';

/** Applies batches of messages to the rows. */
export interface BatchHandler {
  /** Resolves when the batch's rows and then its progress are at EACH_QUORUM: its offsets may be committed. */
  handle(context: ContextName, batch: ReceivedBatch, control: BatchControl): Promise<void>;
  /** Forgets what is known of the partitions: they may be another process' by now. */
  forget(): void;
}

interface HandlerOptions extends RunProjectionOptions {
  readonly writer: RowWriter;
  readonly totals: Totals;
}

interface Decoded {
  readonly events: readonly RecordedEvent[];
  /** The last position read, of events that are passed over too. */
  readonly last: { readonly position: bigint; readonly time: Date } | undefined;
  /** Why the message after them cannot be applied. */
  readonly damage?: { readonly error: unknown; readonly offset: string };
}

const DAMAGED_PAUSE_MS = 5_000;

/** Makes the handler of one process. */
export function createBatchHandler(options: HandlerOptions): BatchHandler {
  const {
    projection,
    session,
    keyspace,
    regions,
    writer,
    totals,
    log,
    observer = {},
    maxEventsPerFold = 500,
  } = options;
  const [home] = regions;
  if (home === undefined) throw new Error('a projector needs at least one region');
  const owner = { projector: projection.name, generation: projection.generation };
  const progressWriter = createProgressWriter({ ...owner, session, keyspace, regions });
  /** The last position applied of each partition: what is not above it is a duplicate. Emptied on every rebalance. */
  let applied = new Map<PartitionKey, Promise<bigint>>();

  function lastApplied(key: PartitionKey): Promise<bigint> {
    let position = applied.get(key);
    if (!position) {
      position = readProgress(session, keyspace, { ...owner, region: home ?? '' }).then(
        ({ positions }) => positions.get(key) ?? 0n,
      );
      position.catch(() => applied.delete(key));
      applied.set(key, position);
    }
    return position;
  }

  function onFailure(key: PartitionKey, error: unknown, tries: number): void {
    observer.failed?.('store');
    log.warn(
      { err: error, projector: projection.name, partition: key, tries },
      'the store did not take it; trying again',
    );
  }

  async function applyEvents(
    context: ContextName,
    partition: number,
    decoded: Decoded,
    control: BatchControl,
  ) {
    const key = partitionKey(context, partition);
    const { last, events } = decoded;
    if (!last) return;
    const started = performance.now();
    const mine = applied;
    await persist(
      () =>
        traced(projection.name, events, async () => {
          const { rows, contributions } = fold(events, (event) => projection.project(event));
          try {
            const sums = await totals.add(partition, contributions);
            await writer.write([...rows, ...sums], 'EACH_QUORUM');
          } catch (error) {
            // Sums that are not written must not be built upon: they are read again.
            if (contributions.length > 0) totals.forget(partition);
            throw error;
          }
        }),
      { control, onFailure: (error, tries) => onFailure(key, error, tries) },
    );
    const progress = { context, partition, position: last.position, eventTime: last.time };
    await persist(() => progressWriter.write(progress), {
      control,
      onFailure: (error, tries) => onFailure(key, error, tries),
    });
    mine.set(key, Promise.resolve(last.position));
    observer.applied?.(key, events.length, last.time, (performance.now() - started) / 1_000);
  }

  async function standStill(
    key: PartitionKey,
    damage: NonNullable<Decoded['damage']>,
    control: BatchControl,
  ) {
    while (!control.isStale()) {
      observer.failed?.('event');
      log.error(
        { err: damage.error, projector: projection.name, partition: key, offset: damage.offset },
        'an event cannot be applied: its partition stands still until it can',
      );
      await pauseWhileBeating(DAMAGED_PAUSE_MS, control);
    }
    throw new StaleBatchError('the partition is no longer ours');
  }

  return {
    async handle(context, batch, control) {
      const key = partitionKey(context, batch.partition);
      const known: { position: bigint } = { position: 0n };
      const load = async () => {
        known.position = await lastApplied(key);
      };
      await persist(load, { control, onFailure: (error, tries) => onFailure(key, error, tries) });
      for (let start = 0; start < batch.messages.length; start += maxEventsPerFold) {
        const slice = batch.messages.slice(start, start + maxEventsPerFold);
        const decoded = decode(slice, batch.partition, known.position, options);
        await applyEvents(context, batch.partition, decoded, control);
        if (decoded.last) known.position = decoded.last.position;
        if (decoded.damage) await standStill(key, decoded.damage, control);
      }
      const lastOffset = batch.messages.at(-1)?.offset;
      if (lastOffset !== undefined)
        observer.lag?.(key, BigInt(batch.highWatermark) - BigInt(lastOffset) - 1n);
    },
    forget() {
      applied = new Map();
      totals.forget();
    },
  };
}

/** Reads messages up to the first that cannot be applied; drops what is not above the last position applied. */
function decode(
  messages: readonly ReceivedMessage[],
  partition: number,
  lastApplied: bigint,
  { projection, observer, log }: RunProjectionOptions,
): Decoded {
  const events: RecordedEvent[] = [];
  let last: Decoded['last'];
  for (const { offset, headers, value } of messages) {
    try {
      const envelope = fromMessage({ partition, headers, value });
      if (envelope.position <= (last?.position ?? lastApplied)) continue;
      const event = toRecordedEvent(envelope);
      if (event) {
        projection.project(event);
        events.push(event);
      } else {
        observer?.unknownType?.(envelope.type);
        log.warn(
          { projector: projection.name, type: envelope.type },
          'passed over an event of an unknown type',
        );
      }
      last = { position: envelope.position, time: envelope.time };
    } catch (error) {
      return { events, last, damage: { error, offset } };
    }
  }
  return { events, last };
}
