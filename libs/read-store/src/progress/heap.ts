/** An item's place in a heap. */
export interface HeapEntry<T> {
  readonly value: T;
}

/** A binary heap whose items can be taken out from anywhere: every change costs O(log n), and the first item nothing. */
export interface Heap<T> {
  size(): number;
  first(): T | undefined;
  add(value: T): HeapEntry<T>;
  /** Takes an item out; one that is out already is left alone. */
  remove(entry: HeapEntry<T>): void;
}

interface Placed<T> extends HeapEntry<T> {
  index: number;
}

/** Makes an empty heap: the first item is one that no other comes before. */
export function createHeap<T>(comesBefore: (a: T, b: T) => boolean): Heap<T> {
  const items: Placed<T>[] = [];
  const placeOf = new Map<HeapEntry<T>, Placed<T>>();

  function put(item: Placed<T>, index: number): void {
    items[index] = item;
    item.index = index;
  }
  function up(item: Placed<T>): void {
    for (;;) {
      const above = items[(item.index - 1) >> 1];
      if (item.index === 0 || !above || !comesBefore(item.value, above.value)) return;
      const { index } = above;
      put(above, item.index);
      put(item, index);
    }
  }
  function down(item: Placed<T>): void {
    for (;;) {
      const left = items[2 * item.index + 1];
      const right = items[2 * item.index + 2];
      const below = right && left && comesBefore(right.value, left.value) ? right : left;
      if (!below || !comesBefore(below.value, item.value)) return;
      const { index } = below;
      put(below, item.index);
      put(item, index);
    }
  }

  return {
    size: () => items.length,
    first: () => items[0]?.value,
    add(value) {
      const item = { value, index: items.length };
      items.push(item);
      placeOf.set(item, item);
      up(item);
      return item;
    },
    remove(entry) {
      const item = placeOf.get(entry);
      const last = items.at(-1);
      if (!item || !last) return;
      placeOf.delete(entry);
      items.pop();
      if (item === last) return;
      put(last, item.index);
      up(last);
      down(last);
    },
  };
}
