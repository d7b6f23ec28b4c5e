import { recorded } from '@meridian/projection/testing';
import type { OrderKeys } from '@meridian/contracts';
import type { RecordedEvent } from '@meridian/projection';

/** A line of an order of the tests. */
export interface Line {
  readonly productId: string;
  readonly quantity: bigint;
  readonly unitPriceMinor: bigint;
  readonly productName?: string;
}

/** What is told of an order of the tests; 2026-03-04, France, GBP unless said otherwise. */
export interface OrderToTell {
  readonly orderId: string;
  readonly lines: readonly Line[];
  readonly day?: string;
  readonly country?: string;
  readonly currencyCode?: string;
}

const totalOf = (lines: readonly Line[]) =>
  lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0n);

const numbered = (lines: readonly Line[]) =>
  lines.map((line, index) => ({ lineNo: index + 1, productName: `name of ${line.productId}`, ...line }));

function keysOf({
  orderId,
  lines,
  day = '2026-03-04',
  country = 'France',
  currencyCode = 'GBP',
}: OrderToTell): OrderKeys {
  const placedAt = new Date(`${day}T10:00:00Z`);
  return {
    orderId,
    customerId: 'c-1',
    country,
    currencyCode,
    placedAt,
    placedOn: day,
    totalMinor: totalOf(lines),
  };
}

/** It was placed. */
export function placed(order: OrderToTell, position: bigint): RecordedEvent {
  const data = { keys: keysOf(order), lines: numbered(order.lines) };
  return recorded(order.orderId, 1n, position, { type: 'OrderPlaced', data });
}

/** It was paid. */
export function paid(order: OrderToTell, position: bigint): RecordedEvent {
  const data = { keys: keysOf(order), paymentReference: 'pay-1', paidAt: new Date(0) };
  return recorded(order.orderId, 2n, position, { type: 'OrderPaid', data });
}

/** It was cancelled on a day. */
export function cancelled(order: OrderToTell, position: bigint, cancelledOn: string): RecordedEvent {
  const data = {
    keys: keysOf(order),
    reason: '',
    lines: numbered(order.lines),
    refundMinor: 0n,
    cancelledOn,
  };
  return recorded(order.orderId, 2n, position, {
    type: 'OrderCancelled',
    data: { ...data, cancelledAt: new Date(0) },
  });
}

/** Some of its pieces came back on a day. */
export function returned(
  order: OrderToTell,
  version: bigint,
  position: bigint,
  { lines, day }: { lines: readonly Line[]; day: string },
): RecordedEvent {
  const data = {
    keys: keysOf(order),
    lines: numbered(lines),
    refundMinor: totalOf(lines),
    reason: '',
    returnedOn: day,
  };
  return recorded(order.orderId, version, position, {
    type: 'ItemsReturned',
    data: { ...data, returnedAt: new Date(0) },
  });
}
