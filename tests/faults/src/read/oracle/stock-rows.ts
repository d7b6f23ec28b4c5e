import type { Recorded } from '../history.ts';
import { expectedTable, put, type ExpectedTable } from './cells.ts';

/** The stock after an event of it: pieces on hand, and how many of them are promised. */
export function levelAfter(
  event: Recorded['event'],
): { readonly onHand: bigint; readonly reserved: bigint } | undefined {
  return 'level' in event.data ? event.data.level : undefined;
}

/**
 * The rows of stock: each product once, and once more in the band that its last event left it in. That row names the
 * version of the event that brought the product there.
 */
export function stockRows(journal: readonly Recorded[]): readonly ExpectedTable[] {
  const availability = expectedTable('availability', 'product_id');
  const byBand = expectedTable('stock_by_band', 'band', 'product_id');
  const last = new Map<string, Recorded>();
  const entered = new Map<string, { readonly band: number; readonly version: bigint }>();
  for (const recorded of journal) {
    const level = levelAfter(recorded.event);
    if (!level) continue;
    last.set(recorded.aggregateId, recorded);
    const band = bandAt(level);
    if (entered.get(recorded.aggregateId)?.band !== band)
      entered.set(recorded.aggregateId, { band, version: recorded.version });
  }
  for (const { event, aggregateId: product_id, version, position, shard: bucket } of last.values()) {
    const level = levelAfter(event);
    const listed = entered.get(product_id);
    if (!level || !listed) continue;
    const cells = { on_hand: level.onHand, reserved: level.reserved, version, position };
    put(availability, { product_id }, { ...cells, bucket });
    put(byBand, { band: listed.band, product_id }, { version: listed.version, bucket });
  }
  return [availability, byBand];
}

/** 0, 1 to 9, 10 to 99 …: as many as the number has digits. */
function bandAt({ onHand, reserved }: { readonly onHand: bigint; readonly reserved: bigint }): number {
  const available = onHand - reserved;
  return available > 0n ? String(available).length : 0;
}
