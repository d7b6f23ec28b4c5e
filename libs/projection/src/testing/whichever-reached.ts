import type { RecordedEvent } from '@meridian/contracts';
import type { Projection } from '../projection.ts';
import { given, type GivenRows } from './given.ts';

/**
 * The tables of a projection for every choice of events of one aggregate. A region that was away may have got any of
 * the events, and not the others. `allUpTo` gives the tables of all events up to a position. `events` are given by
 * rising position.
 */
export function whicheverReached(
  projection: Projection,
  events: readonly RecordedEvent[],
): readonly { readonly some: GivenRows; readonly allUpTo: (position: bigint) => GivenRows }[] {
  const allUpTo = (position: bigint) =>
    given(projection, ...events.filter((event) => event.position <= position));
  return Array.from({ length: 2 ** events.length }, (_, choice) => {
    const chosen = events.filter((_event, index) => (choice >> index) % 2 === 1);
    return { some: given(projection, ...chosen), allUpTo };
  });
}
