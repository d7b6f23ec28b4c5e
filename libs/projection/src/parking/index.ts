export { parkedAggregates, type ParkedAggregate } from './parked-aggregates.ts';
export { parkedEvents, type ParkingOwner } from './parked-events.ts';
export {
  askToRetryOrDiscard,
  readParkingRequest,
  type ParkingAction,
  type ParkingOutcome,
  type ParkingRequest,
} from './parking-requests.ts';
export { isLateShare } from './late-share.ts';
export type { StoredEvent } from './stored-event.ts';
