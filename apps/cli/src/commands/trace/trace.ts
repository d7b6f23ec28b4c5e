import { CommanderError } from 'commander';
import { say, table, toJson } from '../../output.ts';
import type { ReaderOptions } from '../../engine-stores.ts';
import { findingsOf, type Trace, type TracedRegion } from './findings.ts';
import { gather, MAX_EVENTS } from './gather.ts';
import { kindOf, tracedKinds } from './kinds.ts';
import { traceStoresOf } from './trace-stores.ts';

/** How to print a trace. */
export interface TraceOptions extends ReaderOptions {
  readonly json: boolean;
}

/** Prints where an aggregate is on its way from journal to regions, and what it waits for. */
export async function trace(kindName: string, id: string, options: TraceOptions): Promise<void> {
  const kind = kindOf(kindName);
  if (!kind) {
    const names = tracedKinds().join(', ');
    throw new CommanderError(1, 'meridian.noKind', `cannot trace a ${kindName}: name one of ${names}`);
  }
  const found = await gather(await traceStoresOf(options), kind, id);
  if (options.json) say(toJson({ ...found, findings: findingsOf(found) }));
  else print(found);
}

function parkedOf({ parked, deferred }: TracedRegion): string {
  if (parked) return `parked from ${parked.firstPosition}`;
  return deferred ? `${deferred.type} at ${deferred.position} is not known` : '';
}

function print(found: Trace): void {
  const { aggregate, topic, events, shard, regions } = found;
  if (events.length > 0) {
    const rows = events.map(({ version, type, position, recordedAt, offset }) => [
      String(version),
      type,
      String(position),
      recordedAt.toISOString(),
      offset ?? '–',
    ]);
    say(`${aggregate}, topic ${topic}, partition ${shard?.shard ?? '–'}`);
    say(table(['version', 'event', 'position', 'recorded', 'offset'], rows));
    if (events.length === MAX_EVENTS)
      say(`the newest ${MAX_EVENTS} events; the journal may hold earlier ones`);
    say();
    const shown = regions.map((one) =>
      'error' in one
        ? [one.region, '–', '–', '–', 'does not answer']
        : [
            one.region,
            String(one.generation),
            String(one.applied),
            String(one.version ?? '–'),
            parkedOf(one),
          ],
    );
    say(table(['region', 'generation', 'applied', 'row’s version', ''], shown));
    say();
  }
  for (const finding of findingsOf(found)) say(finding);
}
