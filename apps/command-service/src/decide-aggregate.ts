import type { AggregateType } from '@meridian/contracts';
import { checkVersion, type Decision } from '@meridian/kernel';
import type { AggregateEvents, AggregateStates, CommandDecision, WorkingCopy } from '@meridian/write-store';
import { RECEIPT_ONLY } from './use-case.ts';

/**
 * Decides about one aggregate: checks the expected version, asks the rules, records the events. When the aggregate does not exist,
 * the refusal of the rules wins: "there is no such order" tells more than "the order has another version". The usual shape of a
 * command that touches nothing else.
 */
export function decideAggregate<T extends AggregateType, Event extends AggregateEvents[T]>(
  copy: WorkingCopy,
  { type, id }: { readonly type: T; readonly id: string },
  expectedVersion: bigint | undefined,
  rule: (state: AggregateStates[T] | undefined) => Decision<Event>,
): CommandDecision & { readonly events: readonly Event[] } {
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
