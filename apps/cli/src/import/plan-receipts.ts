import type { PlannedProduct } from './plan-import.ts';

/** One goods receipt of one product. */
export interface PlannedReceipt {
  readonly productId: string;
  /** Which of the product's receipts it is; part of the receipt's id. */
  readonly part: string;
  readonly quantity: bigint;
}

/** What one goods receipt may bring at most. */
const MAX_QUANTITY = 1_000_000_000n;

/**
 * The goods receipts that bring what all replays of the file need of a product: those of the first replay by themselves, so
 * that they are the same whatever load follows, and those of all the others together.
 */
export function receiptsOf({ productId, pieces }: PlannedProduct, times: number): readonly PlannedReceipt[] {
  const first = inParts(productId, 'r1', pieces);
  return times === 1 ? first : [...first, ...inParts(productId, `r2-${times}`, pieces * BigInt(times - 1))];
}

function inParts(productId: string, part: string, pieces: bigint): readonly PlannedReceipt[] {
  const receipts: PlannedReceipt[] = [];
  for (let left = pieces; left > 0n; left -= MAX_QUANTITY) {
    const suffix = receipts.length === 0 ? '' : `.${receipts.length + 1}`;
    const quantity = left < MAX_QUANTITY ? left : MAX_QUANTITY;
    receipts.push({ productId, part: `${part}${suffix}`, quantity });
  }
  return receipts;
}
