import type { AggregateType, DomainEvent } from '@meridian/contracts';
import { checkVersion, type Decision } from '@meridian/kernel';
import type { AggregateStates, WorkingCopy } from '@meridian/write-store';
import { RECEIPT_ONLY, type Decided } from './use-case.ts';

/**
 * Decides about one aggregate: checks the expected version, asks the rules, records the events. Of one that does not exist the
 * rules are asked first: that it is not there says more than that its version is another. The usual shape of a command that
 * touches nothing else.
 */
export function decideOne<T extends AggregateType, Event extends DomainEvent>(
  copy: WorkingCopy,
  { type, id }: { readonly type: T; readonly id: string },
  expectedVersion: bigint | undefined,
  rule: (state: AggregateStates[T] | undefined) => Decision<Event>,
): Decided & { readonly events: readonly Event[] } {
  const { state, version } = copy.read(type, id);
  const mismatch = checkVersion(expectedVersion, version, `${type}/${id}`);
  if (mismatch && state !== undefined) return { accepted: false, refusal: mismatch, events: [] };
  const decision = rule(state);
  if (!decision.accepted) return { accepted: false, refusal: decision.refusal, events: [] };
  if (mismatch) return { accepted: false, refusal: mismatch, events: [] };
  const { events } = decision;
  return {
    accepted: true,
    aggregateId: id,
    version: copy.record(type, id, events),
    answer: RECEIPT_ONLY,
    events,
  };
}
