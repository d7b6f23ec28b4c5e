export {
  parkedAggregate,
  parkedAggregates,
  parkedIds,
  type ParkedAggregate,
  type ParkedId,
} from './parked-aggregates.ts';
export { parkedMarks, type ParkedMark } from './parked-marks.ts';
export { parkedEvents, type ParkingOwner, type PartitionOf } from './parked-events.ts';
export {
  askToRetryOrDiscard,
  readParkingRequest,
  type ParkingAction,
  type ParkingOutcome,
  type ParkingRequest,
} from './parking-requests.ts';
export { deferredAbove, deferredMarks, type DeferredMark, type DeferredOf } from './deferred-events.ts';
export { isLateShare } from './late-share.ts';
export type { StoredEvent } from './stored-event.ts';
