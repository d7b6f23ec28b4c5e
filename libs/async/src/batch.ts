/** What one batch may hold. */
export interface BatchBounds<T> {
  readonly maxCount: number;
  readonly maxBytes: number;
  readonly bytesOf: (item: T) => number;
}

/** The first items that stay within both bounds together. At least one: an item that is larger than the bound goes alone. */
export function takeBatch<T>(items: Iterable<T>, { maxCount, maxBytes, bytesOf }: BatchBounds<T>): T[] {
  const batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    bytes += bytesOf(item);
    if (batch.length > 0 && (batch.length >= maxCount || bytes > maxBytes)) break;
    batch.push(item);
  }
  return batch;
}
