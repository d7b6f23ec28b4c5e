import type { CassandraSession, Statement } from '@meridian/cassandra';
import { fold, type ProjectedEvent, type Projection } from '@meridian/projection';
import { lateShareOf, type ParkingOwner, type PartitionOf, deferredShareOf } from '@meridian/read-store';
import type { RegionalStore } from '../store/regional-store.ts';
import type { RowWriter } from '../store/row-writer.ts';
import type { TotalReads } from '../store/total-reads.ts';
import { createTotals, deferredTotals } from '../store/totals.ts';

/** What is needed to apply events out of their turn. */
export interface LateParts {
  readonly projection: Projection;
  readonly session: CassandraSession;
  readonly store: RegionalStore;
  readonly writer: RowWriter;
  readonly reads: TotalReads;
  readonly owner: ParkingOwner;
}

/**
 * A region did not take what an operator decided. The write is tried again, since a decision counts in all regions or
 * in none.
 */
export class RegionsMissingError extends Error {
  override readonly name = 'RegionsMissingError';
  readonly regions: readonly string[];

  constructor(regions: readonly string[]) {
    super(`not acknowledged by ${regions.join(', ')}`);
    this.regions = regions;
  }
}

/** Whether a projection keeps sums, to which an event may be added once only. Rows are the same however often they are written. */
export const keepsTotals = ({ tables }: Pick<Projection, 'tables'>): boolean =>
  tables.some(({ kind }) => kind === 'totals');

/** Writes to every region. Rejects with RegionsMissingError when one of them did not acknowledge. */
export async function writeEverywhere(store: RegionalStore, statements: readonly Statement[]): Promise<void> {
  const acknowledged = new Set(store.regions);
  await store.write(statements, acknowledged);
  const missing = store.regions.filter((region) => !acknowledged.has(region));
  if (missing.length > 0) throw new RegionsMissingError(missing);
}

/**
 * Applies events of one aggregate after later events of others, in every region. Rows carry the timestamps of their
 * events, as always. Totals take late events in a row for that aggregate alone, so that positions rise in every row. A
 * repeat changes nothing.
 */
export async function applyLate(
  { session, store, writer, reads, owner }: LateParts,
  of: PartitionOf,
  aggregateId: string,
  events: readonly ProjectedEvent[],
): Promise<void> {
  const { rows, contributions } = fold(events);
  const sums =
    contributions.length === 0
      ? []
      : (await createTotals(reads).add(await lateShareOf(session, owner, of, aggregateId), contributions))
          .rows;
  await writer.writeBy([...rows, ...sums], (statements) => writeEverywhere(store, statements));
}

/**
 * Applies, in every region, one event that an earlier version of the code had kept. The event's rows get the event's
 * own timestamp; what the event adds to totals goes to separate rows. So the result depends neither on the time, nor on what
 * was applied late before. A repeat changes nothing.
 */
export async function applyDeferredEvent(
  { store, writer, reads }: LateParts,
  projected: ProjectedEvent,
): Promise<void> {
  const { rows, contributions } = fold([projected]);
  const sums = await deferredTotals(reads, deferredShareOf(projected.event.position), contributions);
  await writer.writeBy([...rows, ...sums], (statements) => writeEverywhere(store, statements));
}
