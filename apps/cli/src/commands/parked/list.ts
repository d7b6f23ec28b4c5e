import { say, table, toJson } from '../../output.ts';
import type { ReaderOptions } from '../../engine-stores.ts';
import { onGenerations, projectionOf } from '../projections/store.ts';
import { findDeferred, findParked, type FoundDeferred, type FoundParked } from './find.ts';

/**
 * Prints the parked aggregates of every read model or of one. Also prints the deferred events, which wait for a version
 * of the projector that knows their type.
 */
export async function list(
  projector: string | undefined,
  options: ReaderOptions & { readonly json: boolean },
): Promise<void> {
  const name = projector === undefined ? undefined : projectionOf(projector).name;
  const [parked, deferred] = await onGenerations(options, (generations) =>
    Promise.all([findParked(generations, name), findDeferred(generations, name)]),
  );
  if (options.json) {
    const all = [
      ...parked.map(({ owner, aggregate }) => ({ state: 'parked', ...owner, ...aggregate })),
      ...deferred.map(({ owner, event }) => ({ state: 'waits-for-version', ...owner, ...event })),
    ];
    return say(toJson(all));
  }
  if (parked.length > 0) say(tableOfParked(parked));
  else say('nothing is parked');
  if (deferred.length === 0) return;
  say('');
  say('these events wait for a version of the projector that knows their type; it applies them by itself:');
  say(tableOfDeferred(deferred));
}

function tableOfParked(parked: readonly FoundParked[]): string {
  const rows = parked.map(({ owner, aggregate }) => [
    owner.projector,
    `${owner.generation}`,
    `${aggregate.context}/${aggregate.partition}`,
    aggregate.aggregateType,
    aggregate.aggregateId,
    `${aggregate.events}`,
    `${aggregate.firstPosition}`,
    aggregate.parkedAt.toISOString(),
    aggregate.reason,
  ]);
  const header = ['projector', 'generation', 'partition', 'type', 'id', 'events', 'from', 'since', 'because'];
  return table(header, rows);
}

function tableOfDeferred(deferred: readonly FoundDeferred[]): string {
  const rows = deferred.map(({ owner, event }) => [
    owner.projector,
    `${owner.generation}`,
    `${event.context}/${event.partition}`,
    event.aggregateType,
    event.aggregateId,
    event.type,
    `${event.position}`,
  ]);
  return table(['projector', 'generation', 'partition', 'type', 'id', 'event', 'position'], rows);
}
