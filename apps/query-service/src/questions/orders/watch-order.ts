import type { Freshness, Positions, WatchOrderRequest, WatchOrderResponse } from '@meridian/contracts';
import { findOrder, type OrderRow } from '@meridian/read-model-orders';
import { missingOf } from '@meridian/read-store';
import { notFound, restOf, type CallContext } from '@meridian/rpc';
import { freshnessOf } from '../../freshness.ts';
import type { WaitingCall } from '../../reached.ts';
import type { ReadModel } from '../../read-model.ts';
import { RegionStoreError } from '../../region-store.ts';
import {
  createAggregateWatches,
  type AggregateWatches,
  type NotWhole,
} from '../../watches/aggregate-watches.ts';
import type { Versioned } from '../../watches/newest.ts';
import { askForOrder, basisOf } from './get-order.ts';
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
      return { value: pushed(order, freshness, applied), applied };
    },
  });
}

/**
 * The order as it is pushed. Live events go to a region that was left behind at once, and those before them with the catch-up. So rows
 * beyond the progress may show an event and lack one before. They are pushed when every step is there, or once the progress has
 * reached them: a discarded or deferred event leaves a gap, too.
 */
function pushed(
  order: OrderRow,
  freshness: Freshness,
  applied: Positions,
): Versioned<WatchOrderResponse> | NotWhole {
  const { version, includes } = order.head;
  if (!order.isGapless && missingOf(includes, applied).length > 0) return { wholeFrom: includes };
  return { version, state: { order: toOrder(order), freshness } };
}

const NOTHING_APPLIED: Positions = new Map();

/** The order as it is once the token is met and all of it is there, and then its changes. */
export function watchOrder(orders: ReadModel, watches: OrderWatches) {
  const ask = askForOrder(orders);
  return async function* (
    { orderId, read, afterVersion = 0n }: WatchOrderRequest,
    context: WaitingCall & Pick<CallContext, 'readRest' | 'admitted'>,
  ): AsyncGenerator<WatchOrderResponse, void> {
    const { value, freshness } = await ask({ orderId, read }, context);
    // Messages are looked at as they are sent, and a caller that names a high version is sent none. It would learn that the order exists.
    const own = context.admitted?.own;
    if (own && value.head.customerId !== own.customerId)
      throw notFound('ORDER_NOT_FOUND', `customer ${own.customerId} has no order ${orderId}`);
    // How far the progress is, the first look tells of an order with a gap.
    const first = pushed(value, freshness, NOTHING_APPLIED);
    yield* restOf(context, watches.watch(orderId, first, afterVersion, context.signal));
  };
}
