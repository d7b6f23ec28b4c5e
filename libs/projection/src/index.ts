// What a projection is given: an event with its data.
export { type RecordedEvent, toRecordedEvent } from '@meridian/contracts';
export { type Contribution, fold, type FoldedRow, projected, type ProjectedEvent } from './fold.ts';
export { add, type Mutation, remove, type RowMutation, write, writeStatic } from './mutation.ts';
export {
  checkProjection,
  firstGeneration,
  groupIdOf,
  groupPrefixOf,
  type FedProjection,
  type Projection,
} from './projection.ts';
export { partitionIdOf, partitionKeyIdOf, rowIdOf } from './row-id.ts';
export {
  bigint,
  blob,
  type BoundCell,
  type Cell,
  int,
  isThere,
  type PagePlaces,
  type Reader,
  type Row,
  sum,
  text,
  timestamp,
} from './row.ts';
export {
  clusteringColumns,
  cqlName,
  defineTable,
  defineTotals,
  KAFKA_PARTITION,
  LAST_POSITION,
  type CellsOf,
  type Columns,
  type RowsTable,
  type Table,
  type TotalsTable,
  valueColumns,
} from './table.ts';
export { addTo, type ChangedTotal, copyOf, toRow, type Total, type TotalKey, toTotal } from './total.ts';
