import fc from 'fast-check';
import type { RecordedEvent } from '@meridian/contracts';
import type { Projection } from '../projection.ts';
import { given, type GivenRows } from './given.ts';
import { keyText } from './last-write-wins.ts';

/** How often a property is tried. */
export interface PropertyOptions {
  readonly numRuns?: number;
}

/**
 * Throws unless a projection's tables are the same when events come again. A consumer goes back to an earlier event and
 * reads on, in batches of other sizes, as often as it likes. `events` are given by rising position.
 */
export function assertReplayChangesNothing(
  projection: Projection,
  events: readonly RecordedEvent[],
  { numRuns = 100 }: PropertyOptions = {},
): void {
  const inOrder = shown(projection, given(projection, ...events));
  const steps = fc.array(
    fc.record({ back: fc.nat({ max: events.length }), on: fc.nat({ max: events.length }) }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(steps, (found) => {
      const store = given(projection);
      let end = 0;
      // The last step reads on to the end, from wherever the consumer is.
      for (const { back, on } of [...found, { back: 0, on: events.length }]) {
        const start = Math.max(0, end - back);
        store.and(...events.slice(start, start + on));
        end = Math.max(end, Math.min(events.length, start + on));
      }
      expectSame(shown(projection, store), inOrder);
    }),
    { numRuns, includeErrorInReport: true },
  );
}

/**
 * Throws unless the rows that one aggregate owns are the same whichever batch comes first: an aggregate whose events were parked is applied late.
 * Totals are left out: a projector takes them by rising position, and late ones in rows of their own.
 */
export function assertOrderChangesNothing(
  projection: Projection,
  events: readonly RecordedEvent[],
  { numRuns = 100 }: PropertyOptions = {},
): void {
  const ofRows = { ...projection, tables: projection.tables.filter(({ kind }) => kind === 'rows') };
  const inOrder = shown(ofRows, given(projection, ...events));
  const batches = fc
    .array(fc.nat({ max: events.length }), { maxLength: 6 })
    .map((cuts) => [0, ...cuts, events.length].sort((a, b) => a - b))
    .map((bounds) => bounds.slice(1).map((end, index) => events.slice(bounds[index] ?? 0, end)))
    .chain((ranges) => fc.shuffledSubarray(ranges, { minLength: ranges.length }));
  fc.assert(
    fc.property(batches, (found) => {
      const store = given(projection);
      for (const batch of found) store.and(...batch);
      expectSame(shown(ofRows, store), inOrder);
    }),
    { numRuns, includeErrorInReport: true },
  );
}

/** All rows of all tables, in an order of their own. */
function shown({ tables }: Projection, store: GivenRows): readonly string[] {
  return tables.flatMap((table) =>
    store
      .rows(table)
      .map((row) => {
        const inOrder = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
        return `${table.name} ${keyText(Object.fromEntries(inOrder))}`;
      })
      .sort(),
  );
}

function expectSame(found: readonly string[], expected: readonly string[]): void {
  const [more, less] = [
    found.filter((row) => !expected.includes(row)),
    expected.filter((row) => !found.includes(row)),
  ];
  if (more.length + less.length > 0)
    throw new Error(`the rows differ: found\n${more.join('\n')}\ninstead of\n${less.join('\n')}`);
}
