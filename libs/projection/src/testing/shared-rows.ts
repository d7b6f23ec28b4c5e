import type { RecordedEvent } from '@meridian/contracts';
import { remove, write, type Mutation } from '../mutation.ts';
import { defineTable } from '../table.ts';

/** One row that two stocks share, a cell each; never taken away whole. */
export const pair = defineTable({
  name: 'test_pair',
  partitionKey: { what: 'text' },
  columns: { left: 'bigint', right: 'bigint' },
});

/** One row per stock, which every event takes away and writes anew with one of its cells. */
export const latest = defineTable({
  name: 'test_latest',
  partitionKey: { product_id: 'text' },
  columns: { received: 'bigint', adjusted: 'bigint' },
});

/** Projects the events of stocks: `a` and `b` are the two that share a row. */
export function projectShared({ aggregateId, type, data }: RecordedEvent): readonly Mutation[] {
  if (type !== 'StockReceived' && type !== 'StockAdjusted') return [];
  const onHand = data.level?.onHand ?? 0n;
  const cell = aggregateId === 'a' ? { left: onHand } : { right: onHand };
  return [
    ...(aggregateId === 'a' || aggregateId === 'b' ? [write(pair, { what: 'both' }, cell)] : []),
    remove(latest, { product_id: aggregateId }),
    write(
      latest,
      { product_id: aggregateId },
      type === 'StockReceived' ? { received: onHand } : { adjusted: onHand },
    ),
  ];
}

/** What a reader must see after events in their order: by the names of LastWriteWins, and written without a fold. */
export function expectedShared(events: readonly RecordedEvent[]): ReadonlyMap<string, bigint> {
  const seen = new Map<string, bigint>();
  for (const { aggregateId, type, data } of events) {
    if (type !== 'StockReceived' && type !== 'StockAdjusted') continue;
    const onHand = data.level?.onHand ?? 0n;
    if (aggregateId === 'a') seen.set('test_pair|row|what="both"|left', onHand);
    if (aggregateId === 'b') seen.set('test_pair|row|what="both"|right', onHand);
    const row = `test_latest|row|product_id="${aggregateId}"`;
    const isReceived = type === 'StockReceived';
    seen.set(`${row}|${isReceived ? 'received' : 'adjusted'}`, onHand);
    seen.delete(`${row}|${isReceived ? 'adjusted' : 'received'}`);
  }
  return seen;
}
