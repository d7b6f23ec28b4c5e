import { encodeEvent, type EventEnvelope, type EventOf, type RecordedEvent } from '@meridian/contracts';
import { newId, shardOf } from '@meridian/kernel';
import { add, remove, write, type Mutation } from '../mutation.ts';
import type { FedProjection } from '../projection.ts';
import { defineTable, defineTotals } from '../table.ts';

/** One row a stock: written whole, or taken away when an adjustment brings it to nothing. */
export const levels = defineTable({
  name: 'test_level',
  partitionKey: { product_id: 'text' },
  columns: { on_hand: 'bigint', last_reason: 'text', version: 'bigint' },
});

/** Rows that all stocks share, a cell each for two kinds of event; never taken away whole. */
export const receipts = defineTable({
  name: 'test_receipt',
  partitionKey: { bucket: 'int' },
  clusteringKey: { product_id: 'text' },
  columns: { received: 'bigint', adjusted: 'bigint' },
});

/** One total over all stocks. */
export const pieces = defineTotals({
  name: 'test_pieces',
  partitionKey: { what: 'text' },
  columns: { received: 'bigint', adjusted: 'bigint', events: 'bigint', last_product: 'text' },
});

function mutations(event: RecordedEvent): readonly Mutation[] {
  const { aggregateId: product_id, version } = event;
  if (event.type === 'StockReceived') {
    const { quantity } = event.data;
    const onHand = event.data.level?.onHand ?? 0n;
    return [
      write(levels, { product_id }, { on_hand: onHand, version }),
      write(receipts, { bucket: 0, product_id }, { received: quantity }),
      add(pieces, { what: 'all' }, { received: quantity, events: 1n }, { last_product: product_id }),
    ];
  }
  if (event.type === 'StockAdjusted') {
    const { delta, reason } = event.data;
    const onHand = event.data.level?.onHand ?? 0n;
    const level =
      onHand === 0n
        ? remove(levels, { product_id })
        : write(levels, { product_id }, { on_hand: onHand, last_reason: reason, version });
    return [
      level,
      write(receipts, { bucket: 0, product_id }, { adjusted: delta }),
      add(pieces, { what: 'all' }, { adjusted: delta, events: 1n }),
    ];
  }
  return [];
}

/** A small projection of the stock's events for tests of the runtime. */
export const stockProjection: FedProjection = {
  name: 'test_stock',
  version: 1,
  generation: 1,
  contexts: ['inventory'],
  tables: [levels, receipts, pieces],
  project: mutations,
};

/** What happens to one stock: pieces received, or an adjustment. */
export interface StockChange {
  readonly productId: string;
  readonly delta: bigint;
  /** Of an adjustment; a short one when it is left out. */
  readonly reason?: string;
}

/** Tells changes as the journal would: positions from `firstPosition` on, versions and stock levels by product. */
export function tellStock(changes: readonly StockChange[], firstPosition = 1n): readonly EventEnvelope[] {
  const stocks = new Map<string, { onHand: bigint; version: bigint }>();
  return changes.map(({ productId, delta, reason: given }, index) => {
    const reason = given ?? `change ${index}`;
    const before = stocks.get(productId) ?? { onHand: 0n, version: 0n };
    const onHand = before.onHand + delta < 0n ? 0n : before.onHand + delta;
    const version = before.version + 1n;
    stocks.set(productId, { onHand, version });
    const level = { oldOnHand: before.onHand, oldReserved: 0n, onHand, reserved: 0n };
    const found = onHand - before.onHand;
    const event: EventOf<'StockReceived' | 'StockAdjusted'> =
      delta > 0n
        ? { type: 'StockReceived', data: { productId, receiptId: `r${index}`, quantity: delta, level } }
        : { type: 'StockAdjusted', data: { productId, delta: found, reason, level } };
    return {
      eventId: newId(),
      position: firstPosition + BigInt(index),
      shard: shardOf(productId),
      context: 'inventory',
      aggregateType: 'stock',
      aggregateId: productId,
      version,
      type: event.type,
      time: new Date(1_700_000_000_000 + index),
      traceparent: '',
      payload: encodeEvent(event),
    };
  });
}
