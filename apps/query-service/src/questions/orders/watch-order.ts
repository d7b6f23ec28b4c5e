import type { WatchOrderRequest, WatchOrderResponse } from '@meridian/contracts';
import { findOrder } from '@meridian/read-model-orders';
import { restOf, type CallContext } from '@meridian/rpc';
import { freshnessOf } from '../../freshness.ts';
import type { ReadModel } from '../../read-model.ts';
import { RegionStoreError } from '../../region-store.ts';
import { createAggregateWatches, type AggregateWatches } from '../../watches/aggregate-watches.ts';
import { basisOf, getOrder } from './get-order.ts';
import { toOrder } from './order.ts';

/** The watches of all orders. All that watch an order are given one and the same message. */
export type OrderWatches = AggregateWatches<WatchOrderResponse>;

/** How long a look waits for a change that a notification told of. Then another look begins, perhaps at another copy. */
const APPLIED_WITHIN_MS = 10_000;

/** Makes the watches of the orders' read model. `onWatching` is told when somebody begins to watch. */
export function createOrderWatches(orders: ReadModel, onWatching: () => void): OrderWatches {
  return createAggregateWatches<WatchOrderResponse>({
    context: 'orders',
    onWatching,
    // One copy answers all reads: another copy may be further back.
    async read(orderId, required) {
      const [copy] = orders.copies(orders.live());
      if (!copy) throw new RegionStoreError('no region’s store answers');
      const deadline = new Date(Date.now() + APPLIED_WITHIN_MS);
      const progress = await copy.watch.waitFor(required, { deadline });
      const [parked, order] = await Promise.all([
        copy.parked.asOf(progress),
        findOrder(copy.reader, orderId),
      ]);
      const { positions: applied } = progress;
      if (!order) return { value: undefined, applied };
      const answering = { ...copy, contexts: orders.contexts, parked: parked.aggregates };
      const freshness = freshnessOf(answering, progress, basisOf(orders, orderId), order);
      const state = { order: toOrder(order), freshness };
      return { value: { version: order.head.version, state }, applied };
    },
  });
}

/** The order as it is once the token is met, and then its changes. */
export function watchOrder(orders: ReadModel, watches: OrderWatches) {
  const ask = getOrder(orders);
  return async function* (
    { orderId, read, afterVersion = 0n }: WatchOrderRequest,
    context: CallContext,
  ): AsyncGenerator<WatchOrderResponse, void> {
    const state = await ask({ orderId, read }, context);
    const first = { version: state.order?.summary?.version ?? 0n, state };
    yield* restOf(context, watches.watch(orderId, first, afterVersion, context.signal));
  };
}
