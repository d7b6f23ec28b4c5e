export { createTableCql } from './cql.ts';
export { fold, type FoldedRow } from './fold.ts';
export * from './generations/index.ts';
export { createLimiter, type Limiter } from './limiter.ts';
export { add, remove, write, writeStatic, type Mutation, type Removal } from './mutation.ts';
export * from './progress.ts';
export * from './progress-watch.ts';
export { readModelJournals } from './read-model-journal.ts';
export * from './region-behind.ts';
export { writeProgress } from './progress-writer.ts';
export * from './projection.ts';
export { createRowWriter, type RowWriter } from './row-writer.ts';
export * from './run-projection.ts';
export {
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
} from './table.ts';
export { createTotalReads } from './total-reads.ts';
export { createTotals } from './totals.ts';
export type { KeptBounds } from './kept-totals.ts';
export * from './reader.ts';
export { BUCKETS, mergeBuckets } from './merge-buckets.ts';
export { wholeRows } from './whole-rows.ts';
export * from './parking/index.ts';
