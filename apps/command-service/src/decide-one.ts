import type { AggregateType, DomainEvent } from '@meridian/contracts';
import { checkVersion, type Decision } from '@meridian/kernel';
import type { AggregateStates, WorkingCopy } from '@meridian/write-store';
import { RECEIPT_ONLY, type Decided } from './use-case.ts';

/**
 * Decides about one aggregate: checks the expected version of one that exists, asks the rules, records the events. The usual
 * shape of a command that touches nothing else.
 */
export function decideOne<T extends AggregateType, Event extends DomainEvent>(
  copy: WorkingCopy,
  { type, id }: { readonly type: T; readonly id: string },
  expectedVersion: bigint | undefined,
  rule: (state: AggregateStates[T] | undefined) => Decision<Event>,
): Decided & { readonly events: readonly Event[] } {
  const { state, version } = copy.read(type, id);
  const mismatch = state === undefined ? undefined : checkVersion(expectedVersion, version, `${type}/${id}`);
  if (mismatch) return { accepted: false, refusal: mismatch, events: [] };
  const decision = rule(state);
  if (!decision.accepted) return { accepted: false, refusal: decision.refusal, events: [] };
  const { events } = decision;
  return {
    accepted: true,
    aggregateId: id,
    version: copy.record(type, id, events),
    answer: RECEIPT_ONLY,
    events,
  };
}
