import { createRecentlyUsed } from '@meridian/kernel';
import type { Total } from '@meridian/projection';

/** How many totals are kept at most. */
export interface KeptBounds {
  readonly maxRows: number;
  /** Estimated bytes of memory. */
  readonly maxBytes: number;
}

/** Totals that need not be read again. Of too many totals, those that were not used for longest are forgotten first. */
export interface KeptTotals {
  /** Gives the total that is kept under a name, and forgets it. */
  take(name: string): Total | undefined;
  put(name: string, total: Total): void;
  clear(): void;
  /** How many totals are kept now, and their estimated bytes. */
  size(): { readonly rows: number; readonly bytes: number };
}

/** Begins with no total kept. */
export function createKeptTotals({ maxRows, maxBytes }: KeptBounds): KeptTotals {
  const kept = createRecentlyUsed<Total>({ maxEntries: maxRows, maxWeight: maxBytes, weightOf: bytesOf });
  return {
    ...kept,
    size() {
      const { entries: rows, weight: bytes } = kept.size();
      return { rows, bytes };
    },
  };
}

/** What an object, an entry of a map and a number of any size take, roughly. */
const BYTES_A_TOTAL = 400;
const BYTES_A_VALUE = 48;

/** The estimated memory of a total. A character of a text may take two bytes, and counts for two. */
function bytesOf(name: string, { key, sums, labels }: Total): number {
  let bytes = BYTES_A_TOTAL + 2 * name.length;
  for (const values of [key, sums, labels])
    for (const value of Object.values(values))
      bytes += BYTES_A_VALUE + (typeof value === 'string' ? 2 * value.length : 0);
  return bytes;
}
