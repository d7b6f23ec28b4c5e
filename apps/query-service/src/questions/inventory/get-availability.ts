import type { GetAvailabilityRequest, GetAvailabilityResponse } from '@meridian/contracts';
import { availabilityProvenUpTo, findAvailability } from '@meridian/read-model-inventory';
import { notFound } from '@meridian/rpc';
import { answer, type Question } from '../../answering.ts';
import type { ReadModel } from '../../read-model.ts';
import { toAvailability } from './availability.ts';

/** One product's stock. */
export function getAvailability(
  inventory: ReadModel,
): Question<GetAvailabilityRequest, GetAvailabilityResponse> {
  return async ({ productId, read }, context) => {
    const { value, freshness } = await answer(
      inventory,
      read,
      context,
      ({ reader }) => findAvailability(reader, productId),
      {
        aggregateId: productId,
        ownContexts: inventory.contexts,
        includes: (row) => [row?.includes],
        provenUpTo: (row) => row && availabilityProvenUpTo(row),
      },
    );
    if (!value)
      throw notFound('STOCK_NOT_FOUND', `region ${freshness.region} knows no stock of product ${productId}`);
    return { availability: toAvailability(value), freshness };
  };
}
