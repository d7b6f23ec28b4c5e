/** Values by name, within bounds. Of too many, those that were put in longest ago are forgotten first. */
export interface RecentlyUsed<V> {
  /** Gives the value of a name, and forgets it. A caller that has used the value and puts it back keeps it among the newest. */
  take(name: string): V | undefined;
  /** Keeps a value in place of an earlier one of that name. A value that is too much by itself is not kept. */
  put(name: string, value: V): void;
  clear(): void;
  /** How much is kept now. */
  size(): { readonly entries: number; readonly weight: number };
}

/** How much is kept at most. */
export interface RecentlyUsedBounds<V> {
  readonly maxEntries?: number;
  readonly maxWeight: number;
  /** What a value counts, such as its bytes. It is asked for once, when the value is put in. */
  weightOf(name: string, value: V): number;
}

interface Kept<V> {
  readonly value: V;
  readonly weight: number;
}

/** Begins with nothing kept. */
export function createRecentlyUsed<V>({
  maxEntries = Infinity,
  maxWeight,
  weightOf,
}: RecentlyUsedBounds<V>): RecentlyUsed<V> {
  // A map gives its entries in the order in which they were added: the first entry was put in longest ago.
  const kept = new Map<string, Kept<V>>();
  let weight = 0;

  function take(name: string): V | undefined {
    const found = kept.get(name);
    if (!found) return undefined;
    kept.delete(name);
    weight -= found.weight;
    return found.value;
  }

  return {
    take,
    put(name, value) {
      take(name);
      const one = { value, weight: weightOf(name, value) };
      kept.set(name, one);
      weight += one.weight;
      for (const oldest of kept.keys()) {
        if (kept.size <= maxEntries && weight <= maxWeight) break;
        take(oldest);
      }
    },
    clear() {
      kept.clear();
      weight = 0;
    },
    size: () => ({ entries: kept.size, weight }),
  };
}
