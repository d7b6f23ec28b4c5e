import type { GetAvailabilityRequest, GetAvailabilityResponse } from '@meridian/contracts';
import { availabilityProvenUpTo, findAvailability } from '@meridian/read-model-inventory';
import { notFound, type CallContext } from '@meridian/rpc';
import { answer } from '../../answering.ts';
import type { ReadModel } from '../../read-model.ts';
import { toAvailability } from './availability.ts';

/** One product's stock. */
export async function getAvailability(
  inventory: ReadModel,
  { productId, read }: GetAvailabilityRequest,
  context: CallContext,
): Promise<GetAvailabilityResponse> {
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
    throw notFound('STOCK_NOT_FOUND', `region ${inventory.region} knows no stock of product ${productId}`);
  return { availability: toAvailability(value), freshness };
}
