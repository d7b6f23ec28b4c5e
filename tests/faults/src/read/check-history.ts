import { shardOf } from '@meridian/kernel';
import type { Violation } from '../system/violation.ts';
import type { Look, Recorded, StepShown } from './history.ts';
import { at, honoured, lastNamed, unnamed, untrue } from './verdicts.ts';

/** An order's history has each of its events once, from the first on. It has those that were owed, and no more than its token names. */
export function* checkHistory(
  { required, named }: Look,
  { orderId, shown }: { readonly orderId: string; readonly shown: readonly StepShown[] | undefined },
  events: readonly Recorded[],
): Iterable<Violation> {
  const shard = shardOf(orderId);
  const steps = shown ?? [];
  const owed = lastNamed(events, at(required, 'orders', shard));
  if (owed && BigInt(steps.length) < owed.version)
    yield honoured(`the history of order ${orderId} has ${steps.length} steps, ${owed.version} were owed`);
  for (const [index, { version, type }] of steps.entries()) {
    const event = events[index];
    if (event?.version !== version || event.event.type !== type)
      yield untrue(`step ${index + 1} of order ${orderId} was never ${type} of v${version}`);
    else if (at(named, 'orders', shard) < event.position)
      yield unnamed(`step ${version} of order ${orderId}`);
  }
}
