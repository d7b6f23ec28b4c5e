import { parkedEvents } from '@meridian/read-store';
import { say, table, toJson } from '../../output.ts';
import type { ReaderOptions } from '../../engine-stores.ts';
import { onGenerations, projectionOf } from '../projections/store.ts';
import { findParkedAggregate } from './find.ts';

/** Prints the parked events of an aggregate, in order; as JSON with headers, and payloads in base64. */
export async function show(
  projector: string,
  aggregateId: string,
  options: ReaderOptions & { readonly json: boolean },
): Promise<void> {
  const { name } = projectionOf(projector);
  const found = await onGenerations(options, async (generations) =>
    Promise.all(
      (await findParkedAggregate(generations, name, aggregateId)).map(async ({ owner, aggregate }) => ({
        ...owner,
        ...aggregate,
        parked: await parkedEvents(generations.session, owner, aggregate),
      })),
    ),
  );
  if (options.json) {
    const payloads = found.map(({ parked, ...rest }) => ({
      ...rest,
      parked: parked.map((event) => ({ ...event, payload: event.payload?.toString('base64') ?? null })),
    }));
    return say(toJson(payloads));
  }
  for (const { generation, context, partition, reason, parked } of found) {
    say(`generation ${generation}, ${context}/${partition}: ${reason}`);
    const rows = parked.map(({ position, offset, type, reason: why }) => [
      `${position}`,
      `${offset}`,
      type,
      why,
    ]);
    say(table(['position', 'offset', 'type', 'because'], rows));
  }
}
