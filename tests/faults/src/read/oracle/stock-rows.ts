import type { Recorded } from '../history.ts';
import { expectedTable, put, type ExpectedTable } from './cells.ts';

/** The stock after an event of it: pieces on hand, and how many of them are promised. */
export function levelAfter(
  event: Recorded['event'],
): { readonly onHand: bigint; readonly reserved: bigint } | undefined {
  return 'level' in event.data ? event.data.level : undefined;
}

/** The rows of stock: each product once, and once more in the band that its last event left it in. */
export function stockRows(journal: readonly Recorded[]): readonly ExpectedTable[] {
  const availability = expectedTable('availability', 'product_id');
  const byBand = expectedTable('stock_by_band', 'band', 'product_id');
  const last = new Map<string, Recorded>();
  for (const recorded of journal) if (levelAfter(recorded.event)) last.set(recorded.aggregateId, recorded);
  for (const { event, aggregateId: product_id, version, position, shard: bucket } of last.values()) {
    const level = levelAfter(event);
    if (!level) continue;
    const cells = { on_hand: level.onHand, reserved: level.reserved, version, position };
    put(availability, { product_id }, { ...cells, bucket });
    const available = level.onHand - level.reserved;
    // 0, 1 to 9, 10 to 99 …: as many as the number has digits.
    const band = available > 0n ? String(available).length : 0;
    put(byBand, { band, product_id }, { ...cells, bucket });
  }
  return [availability, byBand];
}
