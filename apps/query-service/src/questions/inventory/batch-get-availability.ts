import type { BatchGetAvailabilityRequest, BatchGetAvailabilityResponse } from '@meridian/contracts';
import { findAvailability } from '@meridian/read-model-inventory';
import type { CallContext } from '@meridian/rpc';
import { answer } from '../../answering.ts';
import type { ReadModel } from '../../read-model.ts';
import { toAvailability } from './availability.ts';

/** Several products' stock, in the order asked. */
export async function batchGetAvailability(
  inventory: ReadModel,
  { productIds, read }: BatchGetAvailabilityRequest,
  context: CallContext,
): Promise<BatchGetAvailabilityResponse> {
  const { value, freshness } = await answer(
    inventory,
    read,
    context,
    ({ reader }) => Promise.all(productIds.map((id) => findAvailability(reader, id))),
    { includes: (rows) => rows.map((row) => row?.includes) },
  );
  return {
    availabilities: value.flatMap((row) => (row ? [toAvailability(row)] : [])),
    missingProductIds: productIds.filter((_, index) => !value[index]),
    freshness,
  };
}
