export { bandOf } from './band.ts';
export {
  availabilityProvenUpTo,
  findAvailabilities,
  findAvailability,
  type AvailabilityRow,
} from './find-availability.ts';
export * from './list-low-stock.ts';
export { inventoryProjection } from './projection.ts';
