import type { RecordedEvent } from '@meridian/contracts';
import { fold, projected } from '../fold.ts';
import type { Cells } from '../mutation.ts';
import type { Projection } from '../projection.ts';
import type { Table } from '../table.ts';
import { LastWriteWins } from './last-write-wins.ts';
import { TotalsInMemory } from './totals-in-memory.ts';

/** The tables of a projection, in memory. */
export interface GivenRows {
  /** Applies more events, as one batch per Kafka partition. */
  and(...events: readonly RecordedEvent[]): GivenRows;
  /**
   * The rows of a table in the order in which they came first: the columns of the key and the cells. Of totals it is what a
   * question shows, the sums over all Kafka partitions. Cells that were never written are left out.
   */
  rows(table: Pick<Table, 'name' | 'kind'>): readonly Cells[];
}

/** Gives events to a projection. Then `rows` says what is in its tables. No store is needed. */
export function given(projection: Projection, ...events: readonly RecordedEvent[]): GivenRows {
  const written = new LastWriteWins();
  const totals = new TotalsInMemory();
  const store: GivenRows = {
    and(...more) {
      for (const [shard, batch] of Map.groupBy(more, (event) => event.shard)) {
        const { rows, contributions } = fold(batch.map((event) => projected(projection, event)));
        written.apply(rows);
        totals.add(shard, contributions);
      }
      return store;
    },
    rows: (table) => (table.kind === 'totals' ? totals : written).rows(table),
  };
  return store.and(...events);
}
