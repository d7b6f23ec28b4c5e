import type { ListLowStockRequest, ListLowStockResponse } from '@meridian/contracts';
import { listLowStock as readLowStock } from '@meridian/read-model-inventory';
import { answer, type Question } from '../../answering.ts';
import { pageSizeOf, type PageTokens } from '../../page-tokens.ts';
import type { ReadModel } from '../../read-model.ts';
import { toAvailability } from './availability.ts';

/** A page of products of which few pieces are left. */
export function listLowStock(
  inventory: ReadModel,
  tokens: PageTokens,
): Question<ListLowStockRequest, ListLowStockResponse> {
  return async ({ threshold, pageSize, pageToken, read }, context) => {
    const binding = { method: 'ListLowStock', parameters: [threshold.toString()] };
    const { generation, cursor: after = [] } = tokens.open(binding, pageToken, inventory);
    const [band = '0', afterId = ''] = after;
    const { value, freshness } = await answer(
      inventory,
      read,
      context,
      ({ reader, signal }) =>
        readLowStock(reader, threshold, { band: Number(band), afterId }, pageSizeOf(pageSize), signal),
      { generation, includes: (page) => [page.includes] },
    );
    const { rows, next } = value;
    const nextPageToken = next ? tokens.seal(binding, generation, [String(next.band), next.afterId]) : '';
    return { availabilities: rows.map(toAvailability), nextPageToken, freshness };
  };
}
