import { type DomainEvent, encodeEvent, type EventEnvelope, type EventOf } from '@meridian/contracts';
import { newId, shardOf } from '@meridian/kernel';
import type { RecordedEvent } from '@meridian/projection';

/** Which events to make. */
export interface EventMix {
  readonly events: number;
  /** The share of events that touch one order in a hundred; the others are spread over all orders. */
  readonly skew: number;
  /** Every event places another order, and nothing else happens. */
  readonly placementsOnly?: boolean;
}

const EVENTS_AN_ORDER = 4;

/**
 * Events of orders as the journal would have them. Each order is placed, paid, shipped and delivered; then some of its
 * pieces are returned repeatedly. A seeded generator chooses the next order, so that both sides get the same events.
 */
export function orderEvents({ events, skew, placementsOnly = false }: EventMix): readonly EventEnvelope[] {
  const orders = placementsOnly ? events : Math.max(100, Math.ceil(events / EVENTS_AN_ORDER));
  const hot = Math.ceil(orders / 100);
  const versions = new Map<number, bigint>();
  const ids = Array.from({ length: orders }, () => newId());
  let state = 42;
  const draw = (below: number) => {
    // A linear congruential generator (Numerical Recipes' constants): the same mix in every run.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: events }, (_, index) => {
    const order = placementsOnly ? index : draw(1_000) < skew * 1_000 ? draw(hot) : draw(orders);
    const version = (versions.get(order) ?? 0n) + 1n;
    versions.set(order, version);
    const orderId = ids[order] ?? '';
    const event = eventOf(orderId, version);
    return {
      eventId: newId(),
      position: BigInt(index + 1),
      shard: shardOf(orderId),
      context: 'orders' as const,
      aggregateType: 'order' as const,
      aggregateId: orderId,
      version,
      type: event.type,
      traceparent: '',
      time: new Date(),
      payload: encodeEvent(event),
    };
  });
}

/** An event as the journal would have it. */
export function recorded(
  aggregate: Pick<RecordedEvent, 'context' | 'aggregateType' | 'aggregateId'>,
  position: bigint,
  event: DomainEvent,
): RecordedEvent {
  return {
    ...aggregate,
    eventId: newId(),
    position,
    shard: shardOf(aggregate.aggregateId),
    version: 1n,
    traceparent: '',
    time: new Date(),
    payload: new Uint8Array(),
    ...event,
  };
}

/** An order of five lines that was just placed, as the journal would have it. */
export function placedOrder(orderId: string, position: bigint, customerId?: string): RecordedEvent {
  const aggregate = { context: 'orders', aggregateType: 'order', aggregateId: orderId } as const;
  return recorded(aggregate, position, eventOf(orderId, 1n, customerId));
}

function eventOf(
  orderId: string,
  version: bigint,
  customerId = `c${orderId.slice(-4)}`,
): EventOf<'OrderPlaced' | 'OrderPaid' | 'OrderShipped' | 'OrderDelivered' | 'ItemsReturned'> {
  const placedAt = new Date('2026-01-02T03:04:05Z');
  const keys = {
    orderId,
    customerId,
    country: 'France',
    currencyCode: 'GBP',
    placedAt,
    placedOn: '2026-01-02',
    totalMinor: 1_000n,
  };
  const lines = Array.from({ length: 5 }, (_, index) => ({
    lineNo: index + 1,
    productId: `p${index}`,
    productName: `product ${index}`,
    quantity: 1_000n,
    unitPriceMinor: 200n,
  }));
  if (version === 1n) return { type: 'OrderPlaced', data: { keys, lines } };
  if (version === 2n)
    return { type: 'OrderPaid', data: { keys, paymentReference: 'paid', paidAt: placedAt } };
  if (version === 3n)
    return {
      type: 'OrderShipped',
      data: { keys, carrier: 'post', trackingNumber: 'T1', shippedAt: placedAt },
    };
  if (version === 4n) return { type: 'OrderDelivered', data: { keys, deliveredAt: placedAt } };
  const returned = lines.slice(0, 1).map((line) => ({ ...line, quantity: 1n }));
  const refund = { reason: 'too many', lines: returned, refundMinor: 200n, returnedAt: placedAt };
  return { type: 'ItemsReturned', data: { keys, ...refund, returnedOn: '2026-01-02' } };
}
