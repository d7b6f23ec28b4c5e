import type { EventEnvelope } from '@meridian/contracts';

/** The event at a position of a test's journal: an order was paid. */
export const paidOrder = (position: bigint): EventEnvelope => ({
  eventId: `e-${position}`,
  position,
  shard: Number(position % 12n),
  version: 1n,
  context: 'orders',
  aggregateType: 'order',
  aggregateId: `o-${position}`,
  type: 'OrderPaid',
  time: new Date(0),
  traceparent: '',
  payload: Buffer.from('x'),
});
