export { parkedAggregates, type ParkedAggregate } from './parked-aggregates.ts';
