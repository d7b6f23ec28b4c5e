import type { Availability } from '@meridian/contracts';
import type { AvailabilityRow } from '@meridian/read-model-inventory';

/** A stock in the contract's words. */
export function toAvailability({ productId, onHand, reserved, version }: AvailabilityRow): Availability {
  return { productId, onHand, reserved, available: onHand - reserved, version };
}
