import { cassandraVariable } from '@meridian/engines';
import { defaultStackFolder, readStackState } from '@meridian/local-stack';
import { CommanderError } from 'commander';
import { say, table, toJson } from '../../output.ts';
import { readersOf, type ReaderOptions } from '../journal/stores.ts';
import { findingsOf, type Trace } from './findings.ts';
import { gather, type TraceStores } from './gather.ts';
import { KINDS } from './kinds.ts';

/** How a trace is told. */
export interface TraceOptions extends ReaderOptions {
  readonly json: boolean;
}

/** Prints where an aggregate is on its way from journal to regions, and why not further. */
export async function trace(kindName: string, id: string, options: TraceOptions): Promise<void> {
  const kind = KINDS[kindName];
  if (!kind) {
    const names = Object.keys(KINDS).join(', ');
    throw new CommanderError(1, 'meridian.noKind', `cannot trace a ${kindName}; can trace ${names}`);
  }
  const found = await gather(traceStoresOf(options), kind, id);
  if (options.json) say(toJson({ ...found, findings: findingsOf(found) }));
  else print(found);
}

/** The stores of the stack, or of the options; every region of the stack is looked at. */
function traceStoresOf(options: ReaderOptions): TraceStores {
  const stores = readersOf(options);
  const stack = readStackState(defaultStackFolder());
  const nodesOf = (region: string) => {
    const variable = cassandraVariable(region);
    return (stack?.engineEnvironment[variable] ?? process.env[variable])?.split(',');
  };
  const regions = stack?.regions ?? [stores.region];
  const known = regions.flatMap((region) => {
    const nodes = region === stores.region ? stores.contactPoints : nodesOf(region);
    return nodes ? [[region, nodes] as const] : [];
  });
  return { ...stores, cassandra: Object.fromEntries(known) };
}

function print(found: Trace): void {
  const { aggregate, topic, events, shard, regions } = found;
  if (events.length > 0) {
    const rows = events.map(({ version, type, position, recordedAt, offset }) => [
      ...[String(version), type, String(position), recordedAt.toISOString(), offset ?? '–'],
    ]);
    say(`${aggregate}, topic ${topic}, partition ${shard?.shard ?? '–'}`);
    say(table(['version', 'event', 'position', 'recorded', 'offset'], rows));
    say();
    const shown = regions.map((one) =>
      'error' in one
        ? [one.region, '–', '–', '–', 'does not answer']
        : [
            ...[one.region, String(one.generation), String(one.applied), String(one.version ?? '–')],
            one.parked ? `parked from ${one.parked.firstPosition}` : '',
          ],
    );
    say(table(['region', 'generation', 'applied', 'row’s version', ''], shown));
    say();
  }
  for (const finding of findingsOf(found)) say(finding);
}
