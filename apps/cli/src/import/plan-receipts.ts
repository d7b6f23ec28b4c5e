import type { PlannedProduct } from './plan.ts';

/** One goods receipt of one product. */
export interface PlannedReceipt {
  readonly productId: string;
  /** The receipt's number among the product's receipts; part of the receipt's id. */
  readonly part: string;
  readonly quantity: bigint;
  /** The replays whose goods the receipt brings. */
  readonly block: ReplayBlock;
}

/** Replays whose goods arrive together. */
export interface ReplayBlock {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** What one goods receipt may bring at most. */
const MAX_QUANTITY = 1_000_000_000n;

/**
 * The block of a replay: 1, 2, 3–4, 5–8, 9–16 and so on. The block does not depend on the number of replays. So a
 * receipt of one import is also a receipt of every other import of the same file.
 */
export function blockOf(replay: number): ReplayBlock {
  let last = 1;
  while (last < replay) last *= 2;
  const first = Math.floor(last / 2) + 1;
  return { name: first === last ? `r${first}` : `r${first}-${last}`, first, last };
}

/**
 * The goods receipts for a product's pieces in all replays, block by block. More replays need the same receipts and
 * further ones. The last block is always whole: with 3 replays, the goods of the 4th replay arrive too.
 */
export function receiptsOf({ productId, pieces }: PlannedProduct, times: number): readonly PlannedReceipt[] {
  const receipts: PlannedReceipt[] = [];
  for (let replay = 1; replay <= times;) {
    const block = blockOf(replay);
    receipts.push(...inParts(productId, block, pieces * BigInt(block.last - block.first + 1)));
    replay = block.last + 1;
  }
  return receipts;
}

function inParts(productId: string, block: ReplayBlock, pieces: bigint): readonly PlannedReceipt[] {
  const receipts: PlannedReceipt[] = [];
  for (let left = pieces; left > 0n; left -= MAX_QUANTITY) {
    const suffix = receipts.length === 0 ? '' : `.${receipts.length + 1}`;
    const quantity = left < MAX_QUANTITY ? left : MAX_QUANTITY;
    receipts.push({ productId, part: `${block.name}${suffix}`, quantity, block });
  }
  return receipts;
}
