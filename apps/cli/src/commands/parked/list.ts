import { say, table, toJson } from '../../output.ts';
import type { ReaderOptions } from '../journal/stores.ts';
import { onGenerations, projectionOf } from '../projections/store.ts';
import { findParked } from './find.ts';

/** Prints the aggregates that are parked, of every read model or of one. */
export async function list(
  projector: string | undefined,
  options: ReaderOptions & { readonly json: boolean },
): Promise<void> {
  const name = projector === undefined ? undefined : projectionOf(projector).name;
  const found = await onGenerations(options, (generations) => findParked(generations, name));
  if (options.json) return say(toJson(found.map(({ owner, aggregate }) => ({ ...owner, ...aggregate }))));
  if (found.length === 0) return say('nothing is parked');
  const rows = found.map(({ owner, aggregate }) => [
    ...[owner.projector, `${owner.generation}`, `${aggregate.context}/${aggregate.partition}`],
    ...[aggregate.aggregateType, aggregate.aggregateId, `${aggregate.events}`],
    ...[`${aggregate.firstPosition}`, aggregate.parkedAt.toISOString(), aggregate.reason],
  ]);
  const header = ['projector', 'generation', 'partition', 'type', 'id', 'events', 'from', 'since', 'because'];
  say(table(header, rows));
}
