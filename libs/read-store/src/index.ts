export { compareTable, type TableComparison } from './generations/compare.ts';
export {
  drop,
  GenerationError,
  type GenerationStore,
  progressByRegion,
  promote,
  registerOf,
  rollback,
} from './generations/promote.ts';
export {
  addGeneration,
  createRegisterTableCql,
  enterRegister,
  type Generation,
  type GenerationRegister,
  readRegister,
  setFilled,
  setFillUntil,
} from './generations/register.ts';
export { type Completeness } from './progress/completeness.ts';
export {
  createProgressWatch,
  type MissingPosition,
  missingOf,
  type ProgressWatch,
  RegionBehindError,
  type WaitOptions,
  WatchClosedError,
} from './progress/progress-watch.ts';
export {
  createProgressTableCql,
  NOTHING_PUT_ASIDE,
  type PartitionProgress,
  progressDecisionStatement,
  type PutAside,
  type Progress,
  progressKey,
  progressStatement,
  readPartitionProgress,
  readProgress,
} from './progress/progress.ts';
export { JOURNAL_TABLE, readModelJournals } from './progress/read-model-journals.ts';
export {
  deferredAbove,
  type DeferredEvent,
  deferredEvents,
  type DeferredOf,
  deferStatement,
  isDeferred,
  undeferStatement,
  whatIsDeferred,
} from './quarantine/deferred-events.ts';
export { isLateShare, lateShareOf, deferredShareOf } from './quarantine/late-share.ts';
export {
  decisionStatement,
  type DeferredMark,
  deferredMarks,
  type DiscardedMark,
  discardedMarks,
  discardedMarkStatement,
  deferredMarkStatement,
  lastParked,
  type Marks,
  newDecision,
  type ParkedMark,
  parkedMarkStatement,
  quarantineMarks,
} from './quarantine/marks.ts';
export {
  isParked,
  parkedAggregate,
  type ParkedAggregate,
  parkedAggregates,
  type ParkedId,
  parkedIds,
  UNKNOWN,
} from './quarantine/parked-aggregates.ts';
export {
  forgetStatement,
  keepStatement,
  parkedEvents,
  type ParkingOwner,
  parkStatement,
  type PartitionOf,
  unparkStatement,
} from './quarantine/parked-events.ts';
export {
  answerStatement,
  askToRetryOrDiscard,
  BEGUN,
  finishRequest,
  openRequests,
  type ParkingAction,
  type ParkingOutcome,
  type ParkingRequest,
  readParkingRequest,
  WAITS,
} from './quarantine/parking-requests.ts';
export { reasonOf, quarantine, type QuarantinedMessage } from './quarantine/quarantined-message.ts';
export { decodeStored, type StoredEvent } from './quarantine/stored-event.ts';
export { createParkingTablesCql } from './quarantine/tables.ts';
export { createTableCql, tableStatements, type TableStatements } from './rows/cql.ts';
export { ensureSharedTables, ensureTables } from './ensure-tables.ts';
export { rowsByBucket } from './rows/by-bucket.ts';
export { BUCKETS, mergeBuckets } from './rows/merge-buckets.ts';
export { createReader } from './rows/reader.ts';
export { createPagePlaces, type ProcessPlaces } from './rows/page-places.ts';
export { rowPages } from './rows/row-pages.ts';
export { wholeRows } from './rows/whole-rows.ts';
