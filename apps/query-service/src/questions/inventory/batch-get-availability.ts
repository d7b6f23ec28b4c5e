import type { BatchGetAvailabilityRequest, BatchGetAvailabilityResponse } from '@meridian/contracts';
import { findAvailabilities } from '@meridian/read-model-inventory';
import { answer, type Question } from '../../answering.ts';
import type { ReadModel } from '../../read-model.ts';
import { toAvailability } from './availability.ts';

/** Several products' stock, in the order asked. */
export function batchGetAvailability(
  inventory: ReadModel,
): Question<BatchGetAvailabilityRequest, BatchGetAvailabilityResponse> {
  return async ({ productIds, read }, context) => {
    const { value, freshness } = await answer(
      inventory,
      read,
      context,
      ({ reader }) => findAvailabilities(reader, productIds),
      { includes: (found) => [...found.values()].map((row) => row.includes) },
    );
    return {
      availabilities: productIds.flatMap((id) => value.get(id) ?? []).map(toAvailability),
      missingProductIds: productIds.filter((id) => !value.has(id)),
      freshness,
    };
  };
}
