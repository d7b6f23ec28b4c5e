import type { CassandraSession, Statement } from '@meridian/cassandra';
import { fold, type FoldedRow } from '../fold.ts';
import type { Projection, RecordedEvent } from '../projection.ts';
import type { RegionalStore } from '../regions/regional-store.ts';
import type { RowWriter } from '../row-writer.ts';
import { createTotals, soleTotals, storedTotals } from '../totals.ts';
import { lateShareOf, soleShareOf } from './late-share.ts';
import type { ParkingOwner, PartitionOf } from './parked-events.ts';

/** What is needed to apply events out of their turn. */
export interface LateParts {
  readonly projection: Projection;
  readonly session: CassandraSession;
  readonly store: RegionalStore;
  readonly writer: RowWriter;
  readonly owner: ParkingOwner;
}

/** A region did not take what an operator decided: it is tried again, since that is for all regions or for none. */
export class RegionsMissingError extends Error {
  override readonly name = 'RegionsMissingError';
}

/** Writes to every region. Rejects with RegionsMissingError when one of them did not acknowledge. */
export async function writeEverywhere(store: RegionalStore, statements: readonly Statement[]): Promise<void> {
  const acknowledged = new Set(store.regions);
  await store.write(statements, acknowledged);
  const missing = store.regions.filter((region) => !acknowledged.has(region));
  if (missing.length > 0) throw new RegionsMissingError(`not acknowledged by ${missing.join(', ')}`);
}

/**
 * Applies events of one aggregate after later events of others, in every region. Rows carry the timestamps of their events, as
 * always; totals take them in a row of that aggregate's own, so that positions rise in every row. A repeat changes nothing.
 */
export async function applyLate(
  { projection, session, store, writer, owner }: LateParts,
  of: PartitionOf,
  aggregateId: string,
  events: readonly RecordedEvent[],
): Promise<void> {
  const { rows, contributions } = fold(events, (event) => projection.project(event));
  const sums: FoldedRow[] = [];
  if (contributions.length > 0) {
    const share = await lateShareOf(session, owner, of, aggregateId);
    const added = await createTotals(session, writer).add(share, contributions);
    // What the home region has of an earlier try may be missing elsewhere.
    sums.push(...(await storedTotals(session, writer, share, contributions)), ...added);
  }
  await writer.writeBy([...rows, ...sums], (statements) => writeEverywhere(store, statements));
}

/**
 * Applies one event that an earlier version of the code had kept, in every region: its rows under its own timestamp, and what it
 * adds to totals in rows of its own. Nothing depends on when that is, or on what was applied late before. A repeat changes nothing.
 */
export async function applyByItself(
  { projection, session, store, writer }: LateParts,
  event: RecordedEvent,
): Promise<void> {
  const { rows, contributions } = fold([event], (one) => projection.project(one));
  const sums = await soleTotals(session, writer, soleShareOf(event.position), contributions);
  await writer.writeBy([...rows, ...sums], (statements) => writeEverywhere(store, statements));
}
