import { isEventType } from '@meridian/contracts';
import type { Log } from '@meridian/messaging';
import { projected, type ProjectedEvent } from '@meridian/projection';
import { decodeStored, deferredEvents, type StoredEvent, undeferStatement } from '@meridian/read-store';
import type { PartitionState } from '../partition/partition-state.ts';
import { applyDeferredEvent, keepsTotals, writeEverywhere, type LateParts } from './apply-late.ts';

/** What applying deferred events needs. */
export interface ApplyDeferredOptions extends LateParts {
  readonly log: Log;
  /** Whether this process still owns the partition. */
  isOurs(state: PartitionState): boolean;
}

/**
 * The positions of deferred events that can be applied: this version of the code knows their type, and the recorded
 * progress has passed them. Where totals are kept, that of every region has. A region that was behind, and became home then, would
 * add them once more.
 */
export function applicable({ store, projection }: LateParts, state: PartitionState): ReadonlySet<bigint> {
  const regions = keepsTotals(projection) ? store.regions : store.regions.slice(0, 1);
  const positions = regions.map((region) => state.ackedPosition(region));
  const passed = positions.reduce((least, one) => (one < least ? one : least));
  const found = [...state.deferred].filter(
    ([position, { type, failed }]) => position <= passed && isEventType(type) && !failed,
  );
  return new Set(found.map(([position]) => position));
}

/**
 * Applies deferred events whose type this version of the code knows, each by itself. Later events may have been applied
 * before. Only events that the recorded progress has passed are applied. Kafka gives the other events again, and they are
 * deferred again. An event that still cannot be applied stays deferred, for the next process. Rejects when the store or
 * a region does not take one of the events. The events before that one are applied, and are not deferred any more.
 */
export async function applyDeferred(options: ApplyDeferredOptions, state: PartitionState): Promise<void> {
  const wanted = applicable(options, state);
  if (wanted.size === 0) return;
  const stored = await deferredEvents(options.session, options.owner, state);
  const there = new Set(stored.map(({ position }) => position));
  // Events that the store no longer holds were applied late by a process that owned the partition before.
  for (const position of wanted) if (!there.has(position)) state.applyDeferred(position);
  for (const event of stored)
    if (wanted.has(event.position)) await state.alone(() => applyOne(options, state, event));
}

async function applyOne(
  options: ApplyDeferredOptions,
  state: PartitionState,
  stored: StoredEvent,
): Promise<void> {
  if (!options.isOurs(state)) return;
  const known = readable(options, state, stored);
  if (!known) {
    state.failDeferred(stored);
    return;
  }
  const { position } = known.event;
  await applyDeferredEvent(options, known);
  await writeEverywhere(options.store, [undeferStatement(options.owner, state, position)]);
  state.applyDeferred(position);
}

function readable(
  { projection, log }: ApplyDeferredOptions,
  { key }: PartitionState,
  stored: StoredEvent,
): ProjectedEvent | undefined {
  try {
    return projected(projection, decodeStored(stored));
  } catch (error) {
    const about = { aggregateId: stored.aggregateId, type: stored.type, partition: key };
    log.error(
      { err: error, ...about, position: stored.position.toString() },
      'an event that an earlier version kept cannot be applied; it is kept on',
    );
    return undefined;
  }
}
