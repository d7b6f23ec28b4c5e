import { createHash } from 'node:crypto';
import type { RecordedEvent } from '@meridian/contracts';
import type { Mutation } from '../mutation.ts';
import type { Projection } from '../projection.ts';

/** What a projection makes of events, in short: table, kind and values. */
export function mutationsOf(projection: Projection, ...events: readonly RecordedEvent[]) {
  return events.flatMap((event) => projection.project(event)).map(short);
}

function short({ table, kind, key, ...rest }: Mutation) {
  return { table: table.name, kind, key, ...rest };
}

/** A hash of what a projection makes of events. When the hash changes, the projection's number has to change too. */
export function goldenHash(projection: Projection, events: readonly RecordedEvent[]): string {
  const text = JSON.stringify(mutationsOf(projection, ...events), (_name, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  return createHash('sha256').update(text).digest('hex');
}
