/** The bounds of what is worked on at once. */
export interface SliceBounds {
  readonly maxItems: number;
  /** One item may be larger. */
  readonly maxBytes: number;
}

/** Cuts items into slices within bounds, in their order. */
export function* slicesOf<T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  { maxItems, maxBytes }: SliceBounds,
): Generator<readonly T[]> {
  let start = 0;
  let bytes = 0;
  for (const [index, item] of items.entries()) {
    const size = bytesOf(item);
    if (index > start && (index - start === maxItems || bytes + size > maxBytes)) {
      yield items.slice(start, index);
      [start, bytes] = [index, 0];
    }
    bytes += size;
  }
  if (start < items.length) yield items.slice(start);
}
