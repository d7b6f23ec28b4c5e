import { newId } from '@meridian/kernel';
import type { Random } from '../system/random.ts';
import type { OrderedLine, Step, Wish } from './history.ts';

/** The products that everybody wants. */
export const PRODUCTS = ['hot-0', 'hot-1', 'hot-2', 'hot-3', 'hot-4', 'hot-5'];
/** The customers. */
export const CUSTOMERS = ['customer-0', 'customer-1', 'customer-2'];

/** An order that was placed. */
export interface PlacedOrder {
  readonly orderId: string;
  readonly lines: readonly OrderedLine[];
  readonly totalMinor: bigint;
}

/** An order of some hot products. */
export function placing(random: Random, marker: bigint): Wish {
  const lines = PRODUCTS.filter(() => random.chance(0.4)).map((productId) => ({
    productId,
    quantity: BigInt(random.whole(1, 4)),
  }));
  const requestId = newId();
  return {
    kind: 'place',
    requestId,
    marker,
    orderId: random.chance(0.5) ? `order-${marker}` : '',
    customerId: random.oneOf(CUSTOMERS),
    lines: lines.length > 0 ? lines : [{ productId: random.oneOf(PRODUCTS), quantity: 1n }],
  };
}

/** Goods that arrive. */
export function receiving(random: Random): Wish {
  const requestId = newId();
  const quantity = BigInt(random.whole(5, 40));
  return { kind: 'receive', requestId, receiptId: requestId, productId: random.oneOf(PRODUCTS), quantity };
}

/** The same request id for something else; undefined where there is nothing else to want. */
export function otherContent(wish: Wish): Wish | undefined {
  if (wish.kind === 'step') return undefined;
  if (wish.kind === 'receive') return { ...wish, quantity: wish.quantity + 1n };
  return { ...wish, lines: wish.lines.map((line) => ({ ...line, quantity: line.quantity + 1n })) };
}

const STEPS: readonly Step[] = ['pay', 'pay', 'pay', 'ship', 'ship', 'cancel', 'return'];

/** A step of an order, in whatever state it is. */
export function stepping(random: Random, { orderId, lines, totalMinor }: PlacedOrder): Wish {
  const step = random.oneOf(STEPS);
  const lineNo = random.whole(1, lines.length);
  const back = step === 'return' ? [{ lineNo, quantity: BigInt(random.whole(1, 2)) }] : [];
  return { kind: 'step', requestId: newId(), step, orderId, totalMinor, back };
}

/** The order that an accepted wish placed. */
export function placedBy(wish: Wish, orderId: string): PlacedOrder | undefined {
  if (wish.kind !== 'place') return undefined;
  const { lines, marker } = wish;
  const totalMinor = lines.reduce((sum, { quantity }) => sum + quantity * marker, 0n);
  return { orderId, lines, totalMinor };
}
