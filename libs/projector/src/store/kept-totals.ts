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

interface Kept {
  readonly total: Total;
  readonly bytes: number;
}

/** Begins with no total kept. */
export function createKeptTotals({ maxRows, maxBytes }: KeptBounds): KeptTotals {
  // A map gives its entries in the order in which they were added: the first entry was not used for longest.
  const kept = new Map<string, Kept>();
  let bytes = 0;

  function take(name: string): Total | undefined {
    const found = kept.get(name);
    if (!found) return undefined;
    kept.delete(name);
    bytes -= found.bytes;
    return found.total;
  }

  return {
    take,
    put(name, total) {
      take(name);
      const one = { total, bytes: bytesOf(name, total) };
      kept.set(name, one);
      bytes += one.bytes;
      for (const oldest of kept.keys()) {
        if (kept.size <= maxRows && bytes <= maxBytes) break;
        take(oldest);
      }
    },
    clear() {
      kept.clear();
      bytes = 0;
    },
    size: () => ({ rows: kept.size, bytes }),
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
