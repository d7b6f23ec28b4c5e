import { isEventType } from '@meridian/contracts';
import type { Log } from '@meridian/messaging';
import type { PartitionState } from '../partition-state.ts';
import { applyLate, writeEverywhere, type LateParts } from './apply-late.ts';
import { deferredEvents, undeferStatement } from './deferred-events.ts';
import { decodeStored } from './stored-event.ts';

/**
 * Applies the events that an earlier version of the code did not know and this one does. Each aggregate's come in order,
 * each by itself; that later events were applied before makes no difference to rows, whose cells the newest event wins.
 */
export async function applyDeferred(parts: LateParts, state: PartitionState, log: Log): Promise<void> {
  if (state.deferred === 0) return;
  const stored = await deferredEvents(parts.session, parts.owner, state);
  const known = stored.filter(({ type }) => isEventType(type));
  for (const [aggregateId, events] of Map.groupBy(known, (event) => event.aggregateId)) {
    try {
      // One by one: folded together, an older one would be written under the timestamp of the newest.
      for (const event of events) {
        await applyLate(parts, state, aggregateId, [decodeStored(event)]);
        await writeEverywhere(parts.store, [undeferStatement(parts.owner, state, event.position)]);
        state.deferred--;
      }
    } catch (error) {
      log.error(
        { err: error, aggregateId, partition: state.key },
        'events that an earlier version kept could not be applied; they are kept on',
      );
    }
  }
}
