import type { ListLowStockRequest, ListLowStockResponse } from '@meridian/contracts';
import { listLowStock as readLowStock } from '@meridian/read-model-inventory';
import type { CallContext } from '@meridian/rpc';
import { answer, type ReadModel } from '../../answering.ts';
import { pageSizeOf, type PageTokens } from '../../page-tokens.ts';
import { toAvailability } from './availability.ts';

/** A page of products of which few pieces are left. */
export async function listLowStock(
  inventory: ReadModel,
  tokens: PageTokens,
  { threshold, pageSize, pageToken, read }: ListLowStockRequest,
  context: CallContext,
): Promise<ListLowStockResponse> {
  const { generation } = inventory.reader;
  const binding = { method: 'ListLowStock', parameters: [threshold.toString()], generation };
  const [band = '0', afterId = ''] = tokens.open(binding, pageToken) ?? [];
  const { value, freshness } = await answer(
    inventory,
    read,
    context,
    ({ reader }) => readLowStock(reader, threshold, { band: Number(band), afterId }, pageSizeOf(pageSize)),
    { includes: (page) => page.rows.map((row) => row.includes) },
  );
  const { rows, next } = value;
  const nextPageToken = next ? tokens.seal(binding, [String(next.band), next.afterId]) : '';
  return { availabilities: rows.map(toAvailability), nextPageToken, freshness };
}
